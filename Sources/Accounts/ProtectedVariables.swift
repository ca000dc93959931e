public import Cryptography

/// Environment variables that belong to the machine on which content is started, and not to whoever may edit the content.
///
/// A program does not only read such a variable: it loads code from where the variable says, or starts what it names. So a
/// co-owner who sets one runs code as whoever starts the content; with a variable for certificates and one for a proxy they
/// read what the content sends to others by TLS. The list covers the C library, shells, interpreters, compilers, archivers,
/// installers, servers and the tools that they start. Locale, time zone and what drivers of data sources read
/// (AWS_REGION, SNOWFLAKE_*, PG*) stay free.
///
/// The list cannot be complete: any program may run what a variable of its own says.
public enum ProtectedVariables {
    /// Variables that are protected for the same reason.
    struct Group {
        /// What such a variable does, after its name: "decides ...".
        let effect: String
        /// Whole names.
        let names: Set<String>
        /// How other names begin.
        var prefixes: [String] = []
        /// How other names end.
        var suffixes: [String] = []

        func contains(_ name: String) -> Bool {
            names.contains(name) || prefixes.contains(where: name.hasPrefix) || suffixes.contains(where: name.hasSuffix)
        }
    }

    /// What a protected variable would do; nil where content may set the name.
    ///
    /// Case does not count: the machine may be one whose names have none.
    public static func effect(of name: String) -> String? {
        let name = name.uppercased()
        guard !free.contains(name) else { return nil }
        return groups.first { $0.contains(name) }?.effect
    }

    /// Why a value is refused for every variable; nil if it is allowed.
    ///
    /// The files of a process hold text that a co-owner can choose, such as `/proc/self/environ` with the value of another
    /// variable: a program that takes certificates or code from a file takes them from there.
    public static func effect(ofValue value: SecretString) -> String? {
        let path = value.withUnsafeBytes(plainPath)
        return filesOfProcesses.contains(where: path.contains)
            ? "has a value that names files of a process (/proc, /dev/fd)" : nil
    }

    private static let filesOfProcesses = ["/proc/", "proc/self", "proc/thread-self", "/dev/fd", "/dev/stdin"].map {
        Array($0.utf8)
    }

    /// The bytes in lower case, without the repeated `/` and the `/.` that change nothing in a path.
    private static func plainPath(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        var path: [UInt8] = []
        for byte in bytes {
            if byte == UInt8(ascii: "/") {
                if path.suffix(2) == [byte, UInt8(ascii: ".")] { path.removeLast() }
                if path.last == byte { continue }
            }
            path.append((UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte)
        }
        return path
    }

    /// Allowed names that match a protected prefix: libuv's thread count, Quarto's profile, the address of Spark Connect.
    private static let free: Set<String> = ["UV_THREADPOOL_SIZE", "QUARTO_PROFILE", "SPARK_REMOTE"]

    static let groups: [Group] = [
        Group(
            effect: "decides which libraries are loaded into a program",
            // Beside the linker's: all that glibc takes out of the environment of setuid programs (unsecvars.h).
            names: [
                "GCONV_PATH", "GETCONF_DIR", "GLIBC_TUNABLES", "HOSTALIASES", "LOCALDOMAIN", "LOCPATH", "MALLOC_TRACE",
                "NIS_PATH", "NLSPATH", "RES_OPTIONS", "TZDIR", "SASL_PATH", "SASL_CONF_PATH", "ODBCINI", "ODBCINSTINI",
                "ODBCSYSINI", "LIBMYSQL_PLUGINS", "LIBMYSQL_PLUGIN_DIR", "GTK_MODULES", "GTK_PATH", "GIO_EXTRA_MODULES",
                "GIO_MODULE_DIR", "QT_PLUGIN_PATH", "QT_QPA_PLATFORM_PLUGIN_PATH", "MAGICK_CODER_MODULE_PATH",
                "MAGICK_CONFIGURE_PATH", "MAGICK_FILTER_MODULE_PATH", "GDAL_DRIVER_PATH", "GDAL_PYTHON_DRIVER_PATH",
                "GDAL_VRT_ENABLE_PYTHON", "HDF5_PLUGIN_PATH", "CUDA_INJECTION64_PATH", "OMP_TOOL", "OMP_TOOL_LIBRARIES",
                "OMP_TOOL_VERBOSE_INIT", "NCCL_CONF_FILE", "NCCL_NET_PLUGIN", "NCCL_PROFILER_PLUGIN",
                "NCCL_TUNER_PLUGIN", "TORCH_EXTENSIONS_DIR", "TORCHINDUCTOR_CACHE_DIR", "NUMBA_CACHE_DIR",
                "LIBGL_DRIVERS_PATH", "LIBVA_DRIVERS_PATH", "GVBINDIR", "ORACLE_HOME", "ADBC_DRIVER_PATH",
                "OPENSC_CONF", "OPAL_PREFIX", "OPAL_LIBDIR", "OPAL_PKGLIBDIR", "TRITON_CACHE_DIR", "VK_DRIVER_FILES",
                "VK_INSTANCE_LAYERS",
            ],
            prefixes: [
                "LD_", "DYLD_", "RESOLV_", "GDK_PIXBUF_MODULE", "GST_PLUGIN_", "OCL_ICD_", "OPENSSL_", "KRB5", "GSS_",
                "OMPI_MCA_", "PMIX_MCA_", "PRTE_MCA_", "VK_ADD_", "VK_ICD_", "VK_LAYER_", "__EGL_", "__GLX_",
            ]),
        Group(
            effect: "decides whom TLS clients trust, or through which proxy they connect",
            names: [
                "SSL_CERT_FILE", "SSL_CERT_DIR", "NIX_SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS",
                "NODE_TLS_REJECT_UNAUTHORIZED", "PYTHONHTTPSVERIFY", "HTTPS_CA_DIR", "HTTPS_CA_FILE", "DENO_CERT",
                "DENO_TLS_CA_STORE", "CARGO_HTTP_CAINFO", "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH", "SSLKEYLOGFILE",
                "CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE", "CLOUDSDK_AUTH_DISABLE_SSL_VALIDATION",
                "AZURE_CLI_DISABLE_CONNECTION_VERIFICATION", "R_LIBCURL_SSL_REVOKE_BEST_EFFORT", "CURL_HOME",
                "CURL_SSL_BACKEND", "NETRC", "WGETRC", "SYSTEM_WGETRC", "SOCKS_SERVER",
            ],
            prefixes: ["GIT_SSL_", "GIT_PROXY_SSL_", "PERL_LWP_SSL_", "CLOUDSDK_PROXY_"],
            suffixes: ["_PROXY", "_CA_BUNDLE", "_CA_CERTS"]),
        Group(
            effect: "decides which programs are run",
            names: [
                "PATH", "PATHEXT", "COMSPEC", "SYSTEMROOT", "WINDIR", "SHELL", "EDITOR", "VISUAL", "FCEDIT", "PAGER",
                "MANPAGER", "BROWSER", "LESSOPEN", "LESSCLOSE", "LESSKEY", "LESSKEYIN", "SSH_ASKPASS", "SUDO_ASKPASS",
                "GIT_ALLOW_PROTOCOL", "GIT_ASKPASS", "GIT_DIR", "GIT_EDITOR", "GIT_EXEC_PATH", "GIT_EXTERNAL_DIFF",
                "GIT_PAGER", "GIT_PROXY_COMMAND", "GIT_SEQUENCE_EDITOR", "GIT_TEMPLATE_DIR", "JAVA_HOME", "JAVACMD",
                "RSTUDIO_PANDOC", "LESS", "CVS_RSH", "SVN_SSH", "SVN_EDITOR", "HGRCPATH", "HGEDITOR", "HGMERGE", "TAR",
                "ZIPOPT", "UNZIP", "UNZIPOPT", "GZIP", "BZIP2", "DATABRICKS_CLI_PATH", "DATABRICKS_CONFIG_FILE",
                "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES",
                "CLOUDSDK_CONFIG", "CLOUDSDK_BQ_PYTHON", "CLOUDSDK_GSUTIL_PYTHON", "KUBECONFIG", "PSQLRC",
                "PSQL_EDITOR", "PSQL_PAGER", "TEXINPUTS", "SHELL_ESCAPE", "SHELL_ESCAPE_COMMANDS", "OPENOUT_ANY",
                "GS_LIB", "GS_OPTIONS", "HADOOP_HOME", "HADOOP_CONF_DIR", "HADOOP_CLASSPATH", "HADOOP_OPTS",
                "HADOOP_CLIENT_OPTS", "VIMINIT", "EXINIT", "SCREENRC", "GNUPGHOME",
            ],
            prefixes: [
                "GIT_CONFIG", "GIT_SSH", "GIT_TRACE", "QUARTO_", "PYSPARK_", "SPARK_", "RETICULATE_", "RSYNC_", "TAR_",
                "CLOUDSDK_PYTHON", "DOCKER_", "ANSIBLE_", "TEXMF",
            ]),
        Group(
            effect: "decides what compilers and build tools run",
            // R and Python compile packages; R takes these from the environment where its own settings do not say.
            names: [
                "MAKE", "MAKEFLAGS", "MAKEFILES", "MAKEOVERRIDES", "MFLAGS", "GNUMAKEFLAGS", "CC", "CXX", "CPP",
                "CXXCPP", "LD", "AR", "AS", "NM", "RANLIB", "STRIP", "FC", "F77", "F90", "OBJC", "OBJCXX", "CFLAGS",
                "CPPFLAGS", "CXXFLAGS", "FFLAGS", "FCFLAGS", "LDFLAGS", "LDSHARED", "CPATH", "C_INCLUDE_PATH",
                "CPLUS_INCLUDE_PATH", "OBJC_INCLUDE_PATH", "LIBRARY_PATH", "COMPILER_PATH", "GCC_EXEC_PREFIX", "RUSTC",
                "RUSTFLAGS", "GOFLAGS", "GOENV", "GOROOT", "GOTOOLDIR", "GOTOOLCHAIN", "NINJAFLAGS",
            ],
            prefixes: ["CMAKE_", "PKG_CONFIG", "RUSTC_", "CARGO_", "CCACHE_"]),
        Group(
            effect: "is read by shells before they do what they were started for",
            names: [
                "BASH_ENV", "BASH_LOADABLES_PATH", "BASH_XTRACEFD", "BASHOPTS", "CDPATH", "ENV", "EXECIGNORE", "FPATH",
                "GLOBIGNORE", "HISTFILE", "IFS", "INPUTRC", "PROMPT_COMMAND", "PS0", "PS1", "PS2", "PS4", "SHELLOPTS",
                "ZDOTDIR",
            ],
            prefixes: ["BASH_FUNC_"]),
        Group(
            effect: "decides which code Python loads",
            // Not all that begins with PYTHON: PYTHONUNBUFFERED, PYTHONUTF8, PYTHONHASHSEED and the like load nothing.
            names: [
                "PYTHONBREAKPOINT", "PYTHONCASEOK", "PYTHONDUMPREFSFILE", "PYTHONEXECUTABLE", "PYTHONHOME",
                "PYTHONINSPECT", "PYTHONPATH", "PYTHONPLATLIBDIR", "PYTHONPYCACHEPREFIX", "PYTHONSTARTUP",
                "PYTHONUSERBASE", "PYTHONWARNINGS", "PYTHON_HISTORY", "PYTHON_PRESITE", "__PYVENV_LAUNCHER__",
                "VIRTUAL_ENV", "IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_CONFIG_PATH", "JUPYTER_DATA_DIR",
                "JUPYTER_PATH", "FLASK_APP", "FLASK_DEBUG", "MPLBACKEND", "MPLCONFIGDIR", "MATPLOTLIBRC",
                "COVERAGE_PROCESS_START", "PYTEST_ADDOPTS", "PYTEST_PLUGINS",
            ],
            prefixes: ["GUNICORN_", "UVICORN_", "HYPERCORN_"]),
        Group(
            effect: "decides which code R loads",
            names: [
                "R_DEFAULT_PACKAGES", "R_HOME", "R_TESTS", "R_BROWSER", "R_PDFVIEWER", "R_SHELL", "R_HISTFILE",
                "R_SHARE_DIR", "R_INCLUDE_DIR", "R_DOC_DIR", "R_UNZIPCMD", "R_ZIPCMD", "R_GZIPCMD", "R_BZIPCMD",
                "R_SESSION_TMPDIR", "R_USER",
            ],
            prefixes: ["R_PROFILE", "R_ENVIRON", "R_LIBS"]),
        Group(
            effect: "decides which code an interpreter loads",
            names: [
                "NODE_OPTIONS", "NODE_PATH", "NODE_REPL_EXTERNAL_MODULE", "NODE_REPL_HISTORY", "PERLLIB", "RUBYLIB",
                "RUBYOPT", "RUBYSHELL", "JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "JDK_JAVA_OPTIONS", "JAVA_OPTS",
                "IBM_JAVA_OPTIONS", "OPENJ9_JAVA_OPTIONS", "MAVEN_OPTS", "MAVEN_ARGS", "GRADLE_OPTS", "ANT_OPTS",
                "SBT_OPTS", "CLASSPATH", "TCLLIBPATH", "TCL_LIBRARY", "TK_LIBRARY", "EMACSLOADPATH",
                "ELIXIR_ERL_OPTIONS", "PHPRC", "PHP_INI_SCAN_DIR", "JULIA_DEPOT_PATH", "JULIA_LOAD_PATH",
                "JULIA_PROJECT", "DOTNET_ADDITIONAL_DEPS", "DOTNET_STARTUP_HOOKS",
            ],
            prefixes: [
                "PERL5", "LUA_INIT", "LUA_PATH", "LUA_CPATH", "GUILE_", "CORECLR_PROFILER", "COR_PROFILER", "ERL_",
            ]),
        Group(
            effect: "decides from where packages are installed",
            names: ["BUNDLE_BIN_PATH", "BUNDLE_GEMFILE", "BUNDLE_PATH", "GEM_HOME", "GEM_PATH"],
            prefixes: ["PIP_", "PIPENV_", "UV_", "POETRY_", "CONDA_", "MAMBA_", "RENV_", "NPM_CONFIG_", "YARN_"]),
        Group(
            effect: "says whose machine this is, and where files of whoever starts the content are",
            names: [
                "HOME", "USER", "LOGNAME", "PWD", "OLDPWD", "TMPDIR", "TMP", "TEMP", "TERMCAP", "TERMINFO",
                "TERMINFO_DIRS", "SSH_AUTH_SOCK", "DBUS_SESSION_BUS_ADDRESS", "USERPROFILE", "APPDATA", "LOCALAPPDATA",
            ],
            prefixes: ["XDG_", "GATEHOUSE_"]),
    ]
}
