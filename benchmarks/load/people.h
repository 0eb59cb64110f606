/* Everybody with a socket: visitors who act and consoles that watch. */
#ifndef PEOPLE_H
#define PEOPLE_H

#include "wire.h"

#define IN_FLIGHT 64  /* messages of one visitor that may wait for their answer at once */
#define MAX_CONSOLES 16
#define MAX_PORTS 8

typedef struct {
  uint64_t sent_ns;
  int first, last;  /* the acts it carries */
  int shown;        /* how many consoles have shown them */
  bool is_acked;
} Message;

typedef struct {
  Wire wire;
  bool is_console;
  int index;               /* among visitors, or among consoles */
  int door;                /* which of the ports it came in by */
  bool is_open;            /* the namespace has let it in */
  char visit[37];
  int seq;                 /* the last act sent */
  int shown_until[MAX_CONSOLES];
  Message flight[IN_FLIGHT];
  unsigned oldest, newest; /* flight[oldest % IN_FLIGHT] up to before newest */
} Person;

typedef struct {
  Person *all;  /* consoles first */
  int consoles, visitors, doors;
  int ports[MAX_PORTS];
  int epoll;
  int shown;       /* how many consoles are to show each act */
  uint32_t nonce;  /* tells the visits of this run from all others */
} People;

/* Open every socket, the consoles' last: what they hear of visits that begin is read only later,
   and a server may hang up on a console that does not read. The files hold a line for each: a
   visitor's page token; a console's cookie, a tab, and its page token. */
void open_people(People *people, const char *visitors_file, int visitors,
                 const char *consoles_file, int consoles);

/* Handle what keeps a connection alive or tells its end. True if the frame was of that kind. */
bool keep_alive(People *people, Person *person, const Frame *frame);

/* Send what waits, now or when the socket has room again. */
void push(People *people, Person *person);

#endif
