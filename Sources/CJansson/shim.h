#include <jansson.h>

// Swift cannot call these function-like macros.

/// `JSON_INDENT(n)`: pretty output with n spaces a level.
static inline size_t gatehouse_json_indent(size_t spaces) { return JSON_INDENT(spaces); }

/// `JSON_REAL_PRECISION(n)`: significant digits of every real in the output.
static inline size_t gatehouse_json_real_precision(size_t digits) { return JSON_REAL_PRECISION(digits); }
