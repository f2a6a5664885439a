#ifndef RDY_REACTOR_EXPORT_H
#define RDY_REACTOR_EXPORT_H

/* Marks what librdy.so exports; everything else is built with hidden visibility. */
#if defined(__GNUC__) || defined(__clang__)
#define RDY_API __attribute__((visibility("default")))
#else
#define RDY_API
#endif

#endif
