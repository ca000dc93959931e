/// Bundles, deployments and their tasks.
public protocol DeploymentStore: Sendable {
    /// Gives an upload its place among the bundles and returns it with its id. The content's oldest bundles go where there
    /// are too many, but never the active one.
    ///
    /// - Parameter placed: called when the file has its name and the row is not yet committed.
    func addBundle(
        _ bundle: BundleRecord, file: BundleUpload, placed: @escaping @Sendable () -> Void, noting event: EventRecord?
    ) async throws(StoreError) -> BundleRecord
    /// The bundles of a content, newest first.
    func bundles(of content: GUID) async throws(StoreError) -> [BundleRecord]
    /// One bundle of a content.
    func bundle(_ id: Int64, of content: GUID) async throws(StoreError) -> BundleRecord?
    /// Removes a bundle with its file; false where there is none, `conflict` where it is the active one.
    func removeBundle(_ id: Int64, of content: GUID, noting event: EventRecord?) async throws(StoreError) -> Bool
    /// The bytes of a bundle; nil where there is none.
    func openBundle(_ id: Int64, of content: GUID) async throws(StoreError) -> BundleFile?
    /// How many bytes the bundles of the account are.
    func bundleBytes() async throws(StoreError) -> Int64
    /// Keeps the task, drops those that are older than `limit`, and with a deployment makes that bundle the active one.
    ///
    /// - Throws: `notFound` where the bundle is gone; `conflict` where the content has associations and may not.
    func deploy(
        _ deployment: DeploymentRecord?, refusingAssociations: Bool, task: TaskRecord, droppingBefore limit: Timestamp,
        noting event: EventRecord?) async throws(StoreError)
    /// One task.
    func task(_ guid: GUID) async throws(StoreError) -> TaskRecord?
}

/// The environment variables of content.
public protocol EnvironmentVariableStore: Sendable {
    /// The variables of a content, in alphabetical order.
    func environmentVariables(of content: GUID) async throws(StoreError) -> [EnvironmentVariableRecord]
    /// Sets and removes variables in one step, or none of them.
    ///
    /// - Parameters:
    ///   - replacing: whether all others go.
    ///   - event: the line tells beside its details which variables were removed.
    func changeEnvironmentVariables(
        of content: GUID, setting variables: [EnvironmentVariableRecord], removing names: [String], replacing: Bool,
        noting event: EventRecord?) async throws(StoreError)
}
