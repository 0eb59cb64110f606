/* One websocket, on either end: bytes in, whole frames out, and a buffer of what is to be sent. */
#ifndef WIRE_H
#define WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10 };

typedef struct {
  int fd;
  bool masks;            /* clients mask what they send, servers do not */
  bool waits_to_write;   /* the socket was full; epoll is to tell when it is not */
  char *in;
  size_t in_at, in_len, in_size;
  char *out;
  size_t out_at, out_len, out_size;
} Wire;

typedef struct {
  int kind;
  char *text;
  size_t length;
} Frame;

/* Read what has arrived. False once the other end has hung up. */
bool wire_read(Wire *wire);

/* Take the next whole frame out of what has arrived; valid until the next wire_read. */
bool wire_next(Wire *wire, Frame *frame);

/* Put one frame into the buffer of what is to be sent. */
void wire_put(Wire *wire, int kind, const char *text, size_t length);

/* Put bytes there as they are (the HTTP that opens a websocket). */
void wire_put_raw(Wire *wire, const char *bytes, size_t length);

/* Send what the socket takes. False once the other end has hung up. */
bool wire_flush(Wire *wire);

/* End the program with a word on what went wrong. */
_Noreturn void give_up(const char *why, ...) __attribute__((format(printf, 1, 2)));

#endif
