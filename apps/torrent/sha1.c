#include "apps/torrent/sha1.h"

#include <errno.h>
#include <stdlib.h>

#ifdef RDY_HAVE_LIBCRYPTO

#include <openssl/evp.h>

bool sha1_is_available(void)
{
    return true;
}

int sha1_begin(struct sha1 *sha1)
{
    if (sha1->context == NULL)
        sha1->context = EVP_MD_CTX_new();
    if (sha1->context == NULL)
        return -ENOMEM;
    if (EVP_DigestInit_ex(sha1->context, EVP_sha1(), NULL) == 1)
        return 0;
    sha1_free(sha1);
    return -ENOTSUP;
}

void sha1_add(struct sha1 *sha1, const void *bytes, size_t size)
{
    if (sha1->context != NULL && EVP_DigestUpdate(sha1->context, bytes, size) != 1)
        sha1_free(sha1);
}

int sha1_end(struct sha1 *sha1, uint8_t digest[SHA1_SIZE])
{
    return sha1->context != NULL && EVP_DigestFinal_ex(sha1->context, digest, NULL) == 1 ? 0 : -EIO;
}

void sha1_free(struct sha1 *sha1)
{
    if (sha1 == NULL)
        return;
    EVP_MD_CTX_free(sha1->context);
    sha1->context = NULL;
}

#elif defined RDY_HAVE_NETTLE

#include <nettle/sha1.h>

bool sha1_is_available(void)
{
    return true;
}

int sha1_begin(struct sha1 *sha1)
{
    if (sha1->context == NULL)
        sha1->context = malloc(sizeof(struct sha1_ctx));
    if (sha1->context == NULL)
        return -ENOMEM;
    sha1_init(sha1->context);
    return 0;
}

void sha1_add(struct sha1 *sha1, const void *bytes, size_t size)
{
    if (sha1->context != NULL)
        sha1_update(sha1->context, size, bytes);
}

int sha1_end(struct sha1 *sha1, uint8_t digest[SHA1_SIZE])
{
    if (sha1->context == NULL)
        return -EIO;
    sha1_digest(sha1->context, SHA1_SIZE, digest);
    return 0;
}

void sha1_free(struct sha1 *sha1)
{
    if (sha1 == NULL)
        return;
    free(sha1->context);
    sha1->context = NULL;
}

#else

bool sha1_is_available(void)
{
    return false;
}

int sha1_begin(struct sha1 *sha1)
{
    (void)sha1;
    return -ENOTSUP;
}

void sha1_add(struct sha1 *sha1, const void *bytes, size_t size)
{
    (void)sha1;
    (void)bytes;
    (void)size;
}

int sha1_end(struct sha1 *sha1, uint8_t digest[SHA1_SIZE])
{
    (void)sha1;
    (void)digest;
    return -EIO;
}

void sha1_free(struct sha1 *sha1)
{
    (void)sha1; /* holds nothing */
}

#endif

int sha1_of(const void *bytes, size_t size, uint8_t digest[SHA1_SIZE])
{
    struct sha1 sha1 = {0};
    int error = sha1_begin(&sha1);
    sha1_add(&sha1, bytes, size);
    if (error == 0)
        error = sha1_end(&sha1, digest);
    sha1_free(&sha1);
    return error;
}
