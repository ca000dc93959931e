// zlib's initializers are macros, which Swift does not import.
#ifndef GATEHOUSE_CZLIB_SHIM_H
#define GATEHOUSE_CZLIB_SHIM_H

#include <zlib.h>

// Fifteen bits of window, as gzip has it, and 16 for "gzip alone": neither zlib's own wrapping nor none.
static inline int gatehouse_gzip_init(z_stream *stream) { return inflateInit2(stream, 15 + 16); }

#endif
