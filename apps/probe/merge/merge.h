#ifndef RDY_APPS_PROBE_MERGE_MERGE_H
#define RDY_APPS_PROBE_MERGE_MERGE_H

/*
 * rdy-probe merge [--json|--ndjson|--csv] [-o FILE] [-v] REPORT...
 *
 * Adds reports of --json up, as if the peers of all had been probed by one run, and prints that; "-" is the standard
 * input. argv[0] is the word "merge". Returns what the program is to exit with: 0; 2 for a wrong option, or if the
 * program was built without jansson; 3 for a report that cannot be read or has another mode than the first one; 4
 * if the system fails.
 */
int merge_main(int argc, char **argv);

#endif
