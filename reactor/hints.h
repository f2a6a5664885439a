#ifndef RDY_REACTOR_HINTS_H
#define RDY_REACTOR_HINTS_H

/* Private: what the compiler may know about how often a function runs, and what it need not guard. */

/* Kept out of line, so that what nearly every call does without saves no registers for it. */
#define RDY_OUT_OF_LINE __attribute__((noinline))

/* Hardly ever called: out of the way of what is. */
#define RDY_COLD __attribute__((cold))

/*
 * For what runs for each message and has no array that could overflow: a canary (-fstack-protector-strong takes every
 * address of a local for a danger) would be a third of it.
 */
#if defined(__has_attribute)
#if __has_attribute(no_stack_protector)
#define RDY_WITHOUT_CANARY __attribute__((no_stack_protector))
#endif
#endif
#ifndef RDY_WITHOUT_CANARY
#define RDY_WITHOUT_CANARY
#endif

#endif
