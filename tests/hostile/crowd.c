#include "tests/hostile/crowd.h"

#include <errno.h>
#include <stdlib.h>

#include "reactor/clock.h"

enum { EVENTS_PER_WAIT = 256, STARTS_PER_TURN = 64 };

#define TOKEN_WAKER      UINTPTR_MAX
#define RETRY_AFTER_NS   (50 * RDY_MILLISECOND)
#define NEXT_START_NS    RDY_MILLISECOND
#define LAST_PATIENCE_NS (60 * RDY_SECOND)

static bool may_begin(const struct crowd *crowd)
{
    return crowd->lives > 0 && !crowd->scene.ending;
}

/* False when the system has nothing for it. */
static bool begin(struct crowd *crowd, struct peer *peer)
{
    if (peer_begin(peer, &crowd->scene) != 0) {
        crowd->tally.local++;
        return false;
    }
    crowd->lives--;
    crowd->alive++;
    return true;
}

/* As many as a turn has room for; the rest follows by timer, so that those who live have their turns too. */
static void begin_some(struct crowd *crowd)
{
    int started = 0;
    bool room = true;
    for (uint32_t i = 0; i < crowd->count && started < STARTS_PER_TURN && room && may_begin(crowd); i++) {
        if (crowd->peers[i].state != PEER_OUT)
            continue;
        room = begin(crowd, &crowd->peers[i]);
        started++;
    }
    if (crowd->alive < crowd->count && may_begin(crowd))
        rdy_timer_wheel_arm(&crowd->scene.wheel, &crowd->start,
                            crowd->scene.now_ns + (room ? NEXT_START_NS : RETRY_AFTER_NS));
}

/* One that is out lives on, a life further. */
static void look_after(struct crowd *crowd, struct peer *peer)
{
    if (peer->state != PEER_OUT)
        return;
    peer->life++;
    crowd->alive--;
    if (!rdy_timer_is_armed(&crowd->start))
        rdy_timer_wheel_arm(&crowd->scene.wheel, &crowd->start, crowd->scene.now_ns);
}

static void on_event(struct crowd *crowd, rdy_event event)
{
    if (event.token == TOKEN_WAKER)
        return;
    struct peer *const peer = &crowd->peers[event.token - crowd->peers[0].number];
    if (peer->state == PEER_OUT)
        return; /* it went earlier in this turn */
    peer_advance(peer, &crowd->scene);
    look_after(crowd, peer);
}

static void on_timer(struct crowd *crowd, rdy_timer *timer)
{
    if (timer == &crowd->start) {
        begin_some(crowd);
    } else if (timer == &crowd->patience) {
        crowd->gave_up = true;
    } else {
        struct peer *const one = (struct peer *)(void *)((char *)timer - offsetof(struct peer, timer));
        peer_on_timer(one, &crowd->scene);
        look_after(crowd, one);
    }
}

static void end(struct crowd *crowd)
{
    crowd->scene.ending = true;
    rdy_timer_wheel_cancel(&crowd->scene.wheel, &crowd->start);
    rdy_timer_wheel_arm(&crowd->scene.wheel, &crowd->patience, crowd->scene.now_ns + LAST_PATIENCE_NS);
    for (uint32_t i = 0; i < crowd->count; i++) {
        if (crowd->peers[i].state == PEER_OUT)
            continue;
        peer_stop(&crowd->peers[i], &crowd->scene);
        look_after(crowd, &crowd->peers[i]);
    }
}

static void turn(struct crowd *crowd)
{
    struct scene *const scene = &crowd->scene;
    const int64_t timeout_ns = rdy_clock_until(scene->now_ns, rdy_timer_wheel_next(&scene->wheel));
    (void)rdy_poll_wait(crowd->poll, &crowd->events,
                        timeout_ns); /* no events after a failure: a signal at most */
    scene->now_ns = rdy_clock_now();
    for (size_t i = 0; i < crowd->events.count; i++)
        on_event(crowd, crowd->events.items[i]);
    rdy_timer *timer;
    while ((timer = rdy_timer_wheel_expire(&scene->wheel, scene->now_ns)) != NULL)
        on_timer(crowd, timer);
    if (atomic_load(&crowd->stop) && !scene->ending)
        end(crowd);
}

static void *run(void *argument)
{
    struct crowd *const crowd = argument;
    begin_some(crowd);
    while ((crowd->alive > 0 || may_begin(crowd)) && !crowd->gave_up)
        turn(crowd);
    for (uint32_t i = 0; i < crowd->count; i++)
        if (crowd->peers[i].state != PEER_OUT)
            peer_lose(&crowd->peers[i], &crowd->scene, "has not finished in time");
    tally_print(&crowd->tally, plan_role_name(crowd->scene.role));
    return NULL;
}

int crowd_start(struct crowd *crowd, const rdy_address *server, uint64_t seed, enum role role, uint32_t first,
                uint32_t count, uint64_t lives)
{
    crowd->scene = (struct scene){.server = server, .seed = seed, .role = role, .tally = &crowd->tally};
    crowd->scene.now_ns = rdy_clock_now();
    rdy_timer_wheel_init(&crowd->scene.wheel, crowd->scene.now_ns);
    crowd->lives = lives == 0 ? UINT64_MAX : lives;
    crowd->count = count;
    crowd->peers = calloc(count, sizeof *crowd->peers);
    if (crowd->peers == NULL)
        return -ENOMEM;
    for (uint32_t i = 0; i < count; i++)
        crowd->peers[i].number = first + i;
    int error = rdy_poll_open(NULL, &crowd->poll);
    if (error == 0)
        error = rdy_waker_open(rdy_poll_registry(crowd->poll), TOKEN_WAKER, &crowd->waker);
    if (error == 0)
        error = rdy_events_alloc(EVENTS_PER_WAIT, &crowd->events);
    if (error != 0)
        return error;
    crowd->scene.registry = rdy_poll_registry(crowd->poll);
    return -pthread_create(&crowd->thread, NULL, run, crowd);
}

void crowd_finish(struct crowd *crowd)
{
    atomic_store(&crowd->stop, true);
    (void)rdy_waker_wake(crowd->waker);
    pthread_join(crowd->thread, NULL);
    rdy_waker_close(crowd->waker);
    rdy_events_free(&crowd->events);
    rdy_poll_close(crowd->poll);
    free(crowd->peers);
}
