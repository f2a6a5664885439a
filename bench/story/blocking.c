/* The story's server as it is written first: one thread, which has eyes for one client at a time. */
#include "bench/story/deadline.h"
#include "bench/story/serve.h"

int main(int argc, char **argv)
{
    const int64_t deadline_ns = story_deadline(argc, argv);
    for (const int listener = story_listen();;)
        story_serve(story_accept(listener), deadline_ns);
}
