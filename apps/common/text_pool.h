#ifndef RDY_APPS_COMMON_TEXT_POOL_H
#define RDY_APPS_COMMON_TEXT_POOL_H

/* Many short texts that go together, without the cost of an allocation for each. A zeroed pool is empty. */
typedef struct text_pool {
    struct text_block *newest;
} text_pool;

/* A copy that lives as long as the pool, or NULL without memory. */
const char *text_pool_add(text_pool *pool, const char *text);

/* Frees all texts; leaves an empty pool. */
void text_pool_free(text_pool *pool);

#endif
