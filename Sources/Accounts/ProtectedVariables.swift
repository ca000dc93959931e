/// Environment variables that belong to the machine on which content is started, and not to whoever may edit the content.
///
/// A program does not only read such a variable: it loads code from where the variable says, or starts what it names. So a
/// co-owner who sets one runs code as whoever starts the content. The list covers the C library, shells, interpreters,
/// installers and the tools that they start. Proxies, certificates, locale, time zone and what drivers of data sources
/// read (AWS_*, SNOWFLAKE_*, PG*) stay free.
public enum ProtectedVariables {
    /// Variables that are protected for the same reason.
    struct Group {
        /// What such a variable does, after its name: "decides ...".
        let effect: String
        /// Whole names.
        let names: Set<String>
        /// How other names begin.
        var prefixes: [String] = []
    }

    /// What a protected variable would do; nil where content may set the name.
    ///
    /// Case does not count: the machine may be one whose names have none.
    public static func effect(of name: String) -> String? {
        let name = name.uppercased()
        guard !free.contains(name) else { return nil }
        return groups.first { $0.names.contains(name) || $0.prefixes.contains(where: name.hasPrefix) }?.effect
    }

    /// What begins like a protected variable and is none: libuv's threads, a project's settings.
    private static let free: Set<String> = ["UV_THREADPOOL_SIZE", "QUARTO_PROFILE"]

    static let groups: [Group] = [
        Group(
            effect: "decides which libraries are loaded into a program",
            // Beside the linker's: all that glibc takes out of the environment of setuid programs (unsecvars.h).
            names: [
                "GCONV_PATH", "GETCONF_DIR", "GLIBC_TUNABLES", "HOSTALIASES", "LOCALDOMAIN", "LOCPATH", "MALLOC_TRACE",
                "NIS_PATH", "NLSPATH", "RES_OPTIONS", "TZDIR", "OPENSSL_CONF", "OPENSSL_CONF_INCLUDE",
                "OPENSSL_ENGINES", "OPENSSL_MODULES", "SASL_PATH", "ODBCINI", "ODBCINSTINI", "ODBCSYSINI",
                "LIBMYSQL_PLUGINS", "LIBMYSQL_PLUGIN_DIR", "GTK_MODULES", "GTK_PATH", "GIO_EXTRA_MODULES",
                "GIO_MODULE_DIR", "QT_PLUGIN_PATH", "QT_QPA_PLATFORM_PLUGIN_PATH", "MAGICK_CODER_MODULE_PATH",
                "MAGICK_CONFIGURE_PATH", "MAGICK_FILTER_MODULE_PATH", "GDAL_DRIVER_PATH", "GDAL_PYTHON_DRIVER_PATH",
                "GDAL_VRT_ENABLE_PYTHON", "HDF5_PLUGIN_PATH", "CUDA_INJECTION64_PATH",
            ],
            prefixes: ["LD_", "DYLD_", "RESOLV_", "GDK_PIXBUF_MODULE", "GST_PLUGIN_", "OCL_ICD_"]),
        Group(
            effect: "decides which programs are run",
            names: [
                "PATH", "PATHEXT", "COMSPEC", "SYSTEMROOT", "WINDIR", "SHELL", "EDITOR", "VISUAL", "FCEDIT", "PAGER",
                "MANPAGER", "BROWSER", "LESSOPEN", "LESSCLOSE", "LESSKEY", "LESSKEYIN", "SSH_ASKPASS", "SUDO_ASKPASS",
                "GIT_ALLOW_PROTOCOL", "GIT_ASKPASS", "GIT_DIR", "GIT_EDITOR", "GIT_EXEC_PATH", "GIT_EXTERNAL_DIFF",
                "GIT_PAGER", "GIT_PROXY_COMMAND", "GIT_SEQUENCE_EDITOR", "GIT_TEMPLATE_DIR", "JAVA_HOME",
                "PYSPARK_DRIVER_PYTHON", "PYSPARK_PYTHON", "PYSPARK_SUBMIT_ARGS", "SPARK_CONF_DIR", "SPARK_HOME",
                "RSTUDIO_PANDOC", "RETICULATE_PYTHON", "RETICULATE_PYTHON_ENV", "RETICULATE_PYTHON_FALLBACK",
            ],
            prefixes: ["GIT_CONFIG", "GIT_SSH", "GIT_TRACE", "QUARTO_"]),
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
                "JUPYTER_PATH", "FLASK_APP", "FLASK_DEBUG", "GUNICORN_CMD_ARGS",
            ]),
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
                "RUBYOPT", "RUBYSHELL", "JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "JDK_JAVA_OPTIONS", "CLASSPATH",
                "PHPRC", "PHP_INI_SCAN_DIR", "JULIA_DEPOT_PATH", "JULIA_LOAD_PATH", "JULIA_PROJECT",
                "DOTNET_ADDITIONAL_DEPS", "DOTNET_STARTUP_HOOKS",
            ],
            prefixes: ["PERL5", "LUA_INIT", "LUA_PATH", "LUA_CPATH", "GUILE_", "CORECLR_PROFILER", "COR_PROFILER"]),
        Group(
            effect: "decides from where packages are installed",
            names: ["BUNDLE_BIN_PATH", "BUNDLE_GEMFILE", "BUNDLE_PATH", "GEM_HOME", "GEM_PATH"],
            prefixes: ["PIP_", "PIPENV_", "UV_", "POETRY_", "CONDA_", "MAMBA_", "RENV_", "NPM_CONFIG_", "YARN_"]),
        Group(
            effect: "says whose machine this is, and where files of whoever starts the content are",
            names: [
                "HOME", "USER", "LOGNAME", "PWD", "OLDPWD", "TMPDIR", "TMP", "TEMP", "TERMCAP", "TERMINFO",
                "TERMINFO_DIRS", "SSH_AUTH_SOCK", "DBUS_SESSION_BUS_ADDRESS", "SSLKEYLOGFILE", "USERPROFILE",
                "APPDATA", "LOCALAPPDATA",
            ],
            prefixes: ["XDG_", "GATEHOUSE_"]),
    ]
}
