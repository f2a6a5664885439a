#ifndef RDY_APPS_COMMON_RESOLVER_CARES_H
#define RDY_APPS_COMMON_RESOLVER_CARES_H

/*
 * Has the resolvers that are opened from now on ask these name servers instead of the system's: "ADDRESS:PORT,...",
 * as ares_set_servers_ports_csv(3) takes it; it is not copied. For the tests, whose server is on no port 53.
 */
void resolver_cares_use_servers(const char *servers);

#endif
