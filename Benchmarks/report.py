"""The results as JSON and as a table for people."""

from statistics import median

REFERENCE = "bare Hummingbird"
MEASURES = ("requests_per_second", "p50_milliseconds", "p99_milliseconds", "cpu_microseconds_per_request")
TARGET_CPU_RATIO = 1.0
TARGET_MEGABYTES = 80
TARGET_START_SECONDS = 0.5
TARGET_PAGE_MILLISECONDS = 5.0
TARGET_NEIGHBOR_RATIO = 2.0
TARGET_NEIGHBOR_P99_MILLISECONDS = 50.0
"""Beside the ratio: what a p99 may grow by."""


def summary(rounds):
    """The median of every measure, per server, and the ratios to the bare Hummingbird server."""
    servers = {
        name: {measure: median(getattr(one, measure) for one in measured) for measure in MEASURES}
        for name, measured in rounds.items()
    }
    reference = servers[REFERENCE]
    for values in servers.values():
        for measure in MEASURES:
            base = reference[measure]
            values[f"{measure}_ratio"] = values[measure] / base if base else None
    return servers


def show(result):
    if "servers" in result:
        _show_servers(result)
    if "gatehouse" in result:
        print()
        _show_gatehouse(result)
    if "pages" in result:
        _show_pages(result["pages"], result.get("servers", {}).get(REFERENCE))
    if "neighbors" in result:
        _show_neighbors(result["neighbors"])


def _show_servers(result):
    print()
    heading = ("server", "requests/s", "ratio", "p50 ms", "p99 ms", "CPU us/request", "ratio")
    rows = [heading]
    for name, values in result["servers"].items():
        rows.append(
            (
                name,
                f"{values['requests_per_second']:,.0f}",
                _ratio(values["requests_per_second_ratio"]),
                f"{values['p50_milliseconds']:.2f}",
                f"{values['p99_milliseconds']:.2f}",
                f"{values['cpu_microseconds_per_request']:.1f}",
                _ratio(values["cpu_microseconds_per_request_ratio"]),
            )
        )
    _table(rows)
    print(f"\nRatios are to the {REFERENCE} server; medians of {result['rounds']} rounds of {result['seconds']} s.")


def _show_gatehouse(result):
    gatehouse = result["gatehouse"]
    if "servers" in result:
        cpu = result["servers"]["Gatehouse exchange"]["cpu_microseconds_per_request_ratio"]
        _line("CPU of an exchange to the bare server's", f"{cpu:.2f}", cpu <= TARGET_CPU_RATIO, "1.00 at most")
        limit = f"under {TARGET_MEGABYTES} MB"
        for label, key in (("idle", "idle"), ("after the load", "after_load")):
            size = gatehouse["resident_megabytes"][key]
            _line(f"Resident memory, {label}", f"{size:.1f} MB", size < TARGET_MEGABYTES, limit)
    for count, seconds in gatehouse.get("start_seconds", {}).items():
        folders = "1 account folder" if int(count) == 1 else f"{int(count):,} account folders"
        is_met = seconds < TARGET_START_SECONDS
        _line(f"Start-up with {folders}", f"{seconds:.3f} s", is_met, f"under {TARGET_START_SECONDS} s")


def _show_pages(result, reference):
    size = result["size"]
    rows = [("page", "CPU ms", "ratio", "p50 ms", "kB", f"under {TARGET_PAGE_MILLISECONDS:.0f} ms")]
    for name, values in result["pages"].items():
        cpu = values["cpu_milliseconds"]
        ratio = cpu * 1000 / reference["cpu_microseconds_per_request"] if reference else None
        is_met = "met" if cpu < TARGET_PAGE_MILLISECONDS else "MISSED"
        rows.append(
            (
                name,
                f"{cpu:.2f}",
                _ratio(ratio),
                f"{values['p50_milliseconds']:.2f}",
                f"{values['kilobytes']:.0f}",
                is_met,
            )
        )
    print()
    _table(rows)
    print(
        f"\nCPU of the server per page, with {size['integrations']:,} data sources, {size['users']:,} people,"
        f" {size['contents']:,} contents and {size['sessions']:,} logins in the account."
    )
    print(f"Resident memory after all pages: {result['resident_megabytes']:.1f} MB.")


def _show_neighbors(result):
    rows = [("another account's attack, and the neighbor's request", "p50 ms", "with", "ratio", "p99 ms", "with", "")]
    for values in result:
        median, p99 = values["median_milliseconds"], values["p99_milliseconds"]
        most = TARGET_NEIGHBOR_RATIO * p99["without"] + TARGET_NEIGHBOR_P99_MILLISECONDS
        is_met = values["median_ratio"] <= TARGET_NEIGHBOR_RATIO and p99["with"] <= most
        cells = [f"{number:.1f}" for number in (median["without"], median["with"])]
        cells += [_ratio(values["median_ratio"])]
        cells += [f"{number:.1f}" for number in (p99["without"], p99["with"])]
        rows.append((f"{values['attack']}: {values['ask']}", *cells, "met" if is_met else "MISSED"))
    print()
    _table(rows)
    print(
        f"\nTarget: a median of at most {TARGET_NEIGHBOR_RATIO:.0f} times what it is without, a p99 of at most that"
        f" and {TARGET_NEIGHBOR_P99_MILLISECONDS:.0f} ms."
    )


def _table(rows):
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        cells = [row[0].ljust(widths[0])] + [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        print("  ".join(cells))


def _line(label, value, is_met, target):
    print(f"{label:<44} {value:>10}   target {target}: {'met' if is_met else 'MISSED'}")


def _ratio(value):
    return "-" if value is None else f"{value:.2f}"
