#ifndef TESTS_TORRENT_TORRENTS_H
#define TESTS_TORRENT_TORRENTS_H

/* Text from which torrents are made: a file of 3 bytes in pieces of 2. */
#define HASH_A "aaaaaaaaaaaaaaaaaaaa"
#define HASH_B "bbbbbbbbbbbbbbbbbbbb"

/* Parts of an info dictionary, in their order. */
#define NAME                  "4:name1:f"
#define LENGTH_2              "12:piece lengthi2e"
#define PIECES_1              "6:pieces20:" HASH_A
#define PIECES_2              "6:pieces40:" HASH_A HASH_B
#define ONE_FILE              "d6:lengthi3e" NAME LENGTH_2 PIECES_2 "e"
#define FILES(list)           "d5:filesl" list "e" NAME LENGTH_2 PIECES_2 "e"
#define FILE_OF(length, path) "d6:lengthi" length "e4:pathl" path "ee"

#endif
