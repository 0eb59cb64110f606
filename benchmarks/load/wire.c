#include "wire.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define READ_SIZE 65536
#define FINAL 0x80
#define LENGTH_16 126
#define LENGTH_64 127

static const unsigned char MASK[4] = {0x12, 0x9a, 0x56, 0xc3};

void give_up(const char *why, ...) {
  va_list arguments;
  va_start(arguments, why);
  vfprintf(stderr, why, arguments);
  va_end(arguments);
  fputc('\n', stderr);
  exit(2);
}

static void make_room(char **buffer, size_t *size, size_t needed) {
  if (needed <= *size) return;
  *size = needed * 2;
  *buffer = realloc(*buffer, *size);
  if (!*buffer) give_up("out of memory");
}

bool wire_read(Wire *wire) {
  if (wire->in_at) {
    memmove(wire->in, wire->in + wire->in_at, wire->in_len - wire->in_at);
    wire->in_len -= wire->in_at;
    wire->in_at = 0;
  }
  for (;;) {
    size_t step = wire->in_len ? READ_SIZE : READ_SIZE / 16;
    make_room(&wire->in, &wire->in_size, wire->in_len + step);
    size_t room = wire->in_size - wire->in_len;
    ssize_t got = recv(wire->fd, wire->in + wire->in_len, room, 0);
    if (got < 0) return errno == EAGAIN || errno == EINTR;
    if (got == 0) return false;
    wire->in_len += (size_t)got;
    if ((size_t)got < room) return true;
  }
}

bool wire_next(Wire *wire, Frame *frame) {
  unsigned char *bytes = (unsigned char *)wire->in + wire->in_at;
  size_t there = wire->in_len - wire->in_at, head = 2;
  if (there < head) return false;
  bool is_masked = bytes[1] & FINAL;
  uint64_t length = bytes[1] & 0x7f;
  if (length >= LENGTH_16) {
    size_t wide = length == LENGTH_16 ? 2 : 8;
    if (there < head + wide) return false;
    length = 0;
    for (size_t i = 0; i < wide; i++) length = length << 8 | bytes[head + i];
    head += wide;
  }
  unsigned char *mask = bytes + head;
  if (is_masked) head += 4;
  if (there < head + length) return false;
  frame->kind = bytes[0] & 0x0f;
  frame->text = (char *)bytes + head;
  frame->length = length;
  if (is_masked)
    for (size_t i = 0; i < length; i++) frame->text[i] ^= (char)mask[i & 3];
  wire->in_at += head + length;
  return true;
}

void wire_put(Wire *wire, int kind, const char *text, size_t length) {
  make_room(&wire->out, &wire->out_size, wire->out_len + length + 14);
  unsigned char *head = (unsigned char *)wire->out + wire->out_len;
  unsigned char masked = wire->masks ? FINAL : 0;
  size_t at = 0;
  head[at++] = FINAL | (unsigned char)kind;
  if (length < LENGTH_16) {
    head[at++] = masked | (unsigned char)length;
  } else if (length < 65536) {
    head[at++] = masked | LENGTH_16;
    head[at++] = (unsigned char)(length >> 8);
    head[at++] = (unsigned char)length;
  } else {
    head[at++] = masked | LENGTH_64;
    for (int shift = 56; shift >= 0; shift -= 8) head[at++] = (unsigned char)(length >> shift);
  }
  if (wire->masks) {
    memcpy(head + at, MASK, sizeof MASK);
    at += sizeof MASK;
    for (size_t i = 0; i < length; i++) head[at + i] = (unsigned char)text[i] ^ MASK[i & 3];
  } else {
    memcpy(head + at, text, length);
  }
  wire->out_len += at + length;
}

void wire_put_raw(Wire *wire, const char *bytes, size_t length) {
  make_room(&wire->out, &wire->out_size, wire->out_len + length);
  memcpy(wire->out + wire->out_len, bytes, length);
  wire->out_len += length;
}

bool wire_flush(Wire *wire) {
  while (wire->out_at < wire->out_len) {
    ssize_t sent =
        send(wire->fd, wire->out + wire->out_at, wire->out_len - wire->out_at, MSG_NOSIGNAL);
    if (sent < 0) return errno == EAGAIN || errno == EINTR;
    wire->out_at += (size_t)sent;
  }
  wire->out_at = wire->out_len = 0;
  return true;
}
