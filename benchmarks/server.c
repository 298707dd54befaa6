/* A scripted endpoint on the wires of OpenAI and of Anthropic that is never the bottleneck: one process, one epoll loop,
 * responses built once.
 *
 * It listens on 127.0.0.1, prints its port, and ends when its standard input closes.
 *   [/tN][/paced]/v1/chat/completions  an answer of N tokens (20 unless told): one JSON body, or with "stream":true events,
 *                                      all in one send, or with /paced one event a millisecond
 *   [/tN][/paced]/v1/messages          the same on Anthropic's wire
 *   /v1/models                         one model
 *   /stats                             counts of requests, of connections ever made and of those open now
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "responses.h"
#include "messages.h"

#define MAX_CONNECTIONS 16384
#define MAX_REQUEST (1 << 20)

typedef struct {
    int active;
    char *in;
    size_t have, room;
    const Response *paced;
    int piece;
    char *out; /* what the socket did not take yet */
    size_t pending;
    int continued;
} Connection;

static Connection connections[MAX_CONNECTIONS];
static Response models;
static int epoll_fd, timer_fd, paced_count, highest;
static long requests, made, open_now;

static void set_timer(int running) {
    long period = running ? 1000000 : 0;
    struct itimerspec spec = {{0, period}, {0, period}};
    timerfd_settime(timer_fd, 0, &spec, NULL);
}

static void end_pacing(Connection *connection) {
    connection->paced = NULL;
    if (--paced_count == 0) set_timer(0);
}

static void drop(int fd) {
    Connection *connection = &connections[fd];
    if (!connection->active) return;
    if (connection->paced) end_pacing(connection);
    free(connection->in);
    free(connection->out);
    memset(connection, 0, sizeof *connection);
    open_now--;
    close(fd);
}

static void watch(int fd, int writing, int operation) {
    struct epoll_event event = {.events = EPOLLIN | (writing ? EPOLLOUT : 0), .data.fd = fd};
    epoll_ctl(epoll_fd, operation, fd, &event);
}

static void put(int fd, const char *data, size_t size) {
    Connection *connection = &connections[fd];
    ssize_t sent = 0;
    if (!connection->pending) sent = send(fd, data, size, MSG_NOSIGNAL);
    if (sent < 0) {
        if (errno != EAGAIN) return; /* the next read tells that it is gone */
        sent = 0;
    }
    if ((size_t)sent == size) return;
    connection->out = realloc(connection->out, connection->pending + size - sent);
    memcpy(connection->out + connection->pending, data + sent, size - sent);
    if (!connection->pending) watch(fd, 1, EPOLL_CTL_MOD);
    connection->pending += size - sent;
}

static void flush_pending(int fd) {
    Connection *connection = &connections[fd];
    ssize_t sent = send(fd, connection->out, connection->pending, MSG_NOSIGNAL);
    if (sent <= 0) return;
    connection->pending -= sent;
    memmove(connection->out, connection->out + sent, connection->pending);
    if (!connection->pending) watch(fd, 0, EPOLL_CTL_MOD);
}

static void answer(int fd, const char *request, size_t head, size_t total) {
    Connection *connection = &connections[fd];
    char path[256] = "";
    sscanf(request, "%*15s %255s", path);
    requests++;
    if (strstr(path, "/stats")) {
        char json[128];
        Response response = {0};
        requests--;
        snprintf(json, sizeof json, "{\"requests\":%ld,\"made\":%ld,\"open\":%ld}", requests, made, open_now);
        add_json(&response, json);
        put(fd, response.data, response.size);
        free(response.data);
        free(response.ends);
        return;
    }
    if (strstr(path, "/models")) {
        put(fd, models.data, models.size);
        return;
    }
    int tokens = 20;
    if (path[0] == '/' && path[1] == 't') tokens = atoi(path + 2);
    if (tokens < 1 || tokens > MAX_TOKENS) tokens = 20;
    const char *body = request + head;
    size_t size = total - head;
    int streaming = memmem(body, size, "\"stream\":true", 13) || memmem(body, size, "\"stream\": true", 14);
    const Response *response = strstr(path, "/messages") ? (streaming ? message_stream_of(tokens) : message_of(tokens))
                                                         : (streaming ? stream_of(tokens) : body_of(tokens));
    if (streaming && strstr(path, "/paced")) {
        connection->paced = response;
        connection->piece = 0;
        if (paced_count++ == 0) set_timer(1);
    } else {
        put(fd, response->data, response->size);
    }
}

/* The size of the whole request at the start of `in`, or 0 while it is incomplete. */
static size_t request_size(Connection *connection, size_t *head_size, int fd) {
    char *end = memmem(connection->in, connection->have, "\r\n\r\n", 4);
    if (!end) return 0;
    size_t head = end - connection->in + 4, body = 0;
    int chunked = 0, expects = 0;
    for (char *line = strstr(connection->in, "\r\n") + 2; line < end; line = strstr(line, "\r\n") + 2) {
        if (!strncasecmp(line, "content-length:", 15)) body = strtoul(line + 15, NULL, 10);
        if (!strncasecmp(line, "transfer-encoding:", 18)) chunked = 1;
        if (!strncasecmp(line, "expect:", 7)) expects = 1;
    }
    *head_size = head;
    if (expects && !connection->continued) {
        connection->continued = 1;
        put(fd, "HTTP/1.1 100 Continue\r\n\r\n", 25);
    }
    if (chunked) {
        char *last = memmem(connection->in + head, connection->have - head, "0\r\n\r\n", 5);
        return last ? (size_t)(last + 5 - connection->in) : 0;
    }
    return connection->have >= head + body ? head + body : 0;
}

static void receive(int fd) {
    Connection *connection = &connections[fd];
    for (;;) {
        if (connection->room - connection->have < 4096) {
            if (connection->room > MAX_REQUEST) return drop(fd);
            connection->room = connection->room ? connection->room * 2 : 8192;
            connection->in = realloc(connection->in, connection->room);
        }
        ssize_t size = recv(fd, connection->in + connection->have, connection->room - connection->have - 1, 0);
        if (size == 0 || (size < 0 && errno != EAGAIN)) return drop(fd);
        if (size < 0) break;
        connection->have += size;
        connection->in[connection->have] = 0;
        if (connection->have < connection->room - 1) break;
    }
    size_t head = 0, total;
    while (connection->have && !connection->paced && (total = request_size(connection, &head, fd))) {
        answer(fd, connection->in, head, total);
        connection->continued = 0;
        connection->have -= total;
        memmove(connection->in, connection->in + total, connection->have + 1);
    }
}

static void pace(void) {
    char ticks[8];
    if (read(timer_fd, ticks, sizeof ticks) < 0) return;
    for (int fd = 0; paced_count && fd <= highest; fd++) {
        Connection *connection = &connections[fd];
        const Response *response = connection->paced;
        if (!response) continue;
        size_t start = connection->piece ? response->ends[connection->piece - 1] : 0;
        put(fd, response->data + start, response->ends[connection->piece] - start);
        if (++connection->piece == response->pieces) end_pacing(connection);
    }
}

static void take_all(int listener) {
    int one = 1, fd;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        if (fd >= MAX_CONNECTIONS) {
            close(fd);
            continue;
        }
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        connections[fd].active = 1;
        if (fd > highest) highest = fd;
        made++;
        open_now++;
        watch(fd, 0, EPOLL_CTL_ADD);
    }
}

int main(void) {
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    struct rlimit files = {MAX_CONNECTIONS, MAX_CONNECTIONS};
    struct epoll_event events[512];
    setrlimit(RLIMIT_NOFILE, &files);
    signal(SIGPIPE, SIG_IGN);
    add_json(&models, "{\"object\":\"list\",\"data\":[{\"id\":\"m\",\"object\":\"model\",\"created\":1767600000,\"owned_by\":\"loopback\"}]}");
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, size) || listen(listener, 4096)) return perror("listen"), 1;
    getsockname(listener, (struct sockaddr *)&address, &size);
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    watch(listener, 0, EPOLL_CTL_ADD);
    watch(timer_fd, 0, EPOLL_CTL_ADD);
    watch(0, 0, EPOLL_CTL_ADD);
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    for (;;) {
        int count = epoll_wait(epoll_fd, events, 512, -1);
        for (int i = 0; i < count; i++) {
            int fd = events[i].data.fd;
            if (fd == 0) return 0;
            if (fd == listener) take_all(listener);
            else if (fd == timer_fd) pace();
            else if (connections[fd].active) {
                if (events[i].events & EPOLLOUT) flush_pending(fd);
                if (connections[fd].active && events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) receive(fd);
            }
        }
    }
}
