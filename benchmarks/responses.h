/* The answers of server.c: each is built once, headers and all, and remembers where its pieces end so that it can be paced. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_TOKENS 4096

#define COMMON_HEADERS \
    "HTTP/1.1 200 OK\r\ndate: Mon, 05 Jan 2026 10:00:00 GMT\r\nserver: loopback\r\nx-request-id: req_0123456789abcdef0123456789abcdef\r\n" \
    "openai-processing-ms: 12\r\nopenai-version: 2020-10-01\r\nx-ratelimit-limit-requests: 10000\r\n" \
    "x-ratelimit-remaining-requests: 9999\r\nx-ratelimit-reset-requests: 6ms\r\n"
#define EVENT_HEAD \
    "{\"id\":\"chatcmpl-0123456789\",\"object\":\"chat.completion.chunk\",\"created\":1767600000,\"model\":\"m\"," \
    "\"service_tier\":\"default\",\"system_fingerprint\":\"fp_0123456789\","

typedef struct {
    char *data;
    size_t size;
    size_t *ends; /* where each piece (the headers, then each event) ends, for pacing */
    int pieces;
} Response;

static Response bodies[MAX_TOKENS + 1], streams[MAX_TOKENS + 1];

static void add(Response *response, const char *text, size_t size) {
    response->data = realloc(response->data, response->size + size);
    memcpy(response->data + response->size, text, size);
    response->size += size;
}

static void end_piece(Response *response) {
    response->ends = realloc(response->ends, (response->pieces + 1) * sizeof(size_t));
    response->ends[response->pieces++] = response->size;
}

/* One event as one HTTP chunk; without a name it has only data. */
static void add_event(Response *response, const char *name, const char *payload) {
    char chunk[2048], event[1900];
    int size = name ? snprintf(event, sizeof event, "event: %s\ndata: %s\n\n", name, payload)
                    : snprintf(event, sizeof event, "data: %s\n\n", payload);
    size = snprintf(chunk, sizeof chunk, "%x\r\n%s\r\n", size, event);
    add(response, chunk, size);
    end_piece(response);
}

static void add_json(Response *response, const char *json) {
    char head[1024];
    int size = snprintf(head, sizeof head, COMMON_HEADERS "content-type: application/json\r\ncontent-length: %zu\r\n\r\n", strlen(json));
    add(response, head, size);
    add(response, json, strlen(json));
    end_piece(response);
}

static void add_stream_head(Response *response) {
    const char *head = COMMON_HEADERS "content-type: text/event-stream; charset=utf-8\r\ntransfer-encoding: chunked\r\n\r\n";
    add(response, head, strlen(head));
    end_piece(response);
}

static const Response *body_of(int tokens) {
    Response *response = &bodies[tokens];
    if (response->size) return response;
    char *text = calloc(1, 16 * (size_t)tokens + 1024), *at = text;
    at += sprintf(at, "{\"id\":\"chatcmpl-0123456789\",\"object\":\"chat.completion\",\"created\":1767600000,\"model\":\"m\",\"choices\":"
                      "[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"");
    for (int i = 0; i < tokens; i++) at += sprintf(at, " tok%d", i);
    sprintf(at, "\",\"refusal\":null,\"annotations\":[]},\"logprobs\":null,\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":9,"
                "\"completion_tokens\":%d,\"total_tokens\":%d,\"prompt_tokens_details\":{\"cached_tokens\":0,\"audio_tokens\":0},"
                "\"completion_tokens_details\":{\"reasoning_tokens\":0,\"audio_tokens\":0,\"accepted_prediction_tokens\":0,"
                "\"rejected_prediction_tokens\":0}},\"service_tier\":\"default\",\"system_fingerprint\":\"fp_0123456789\"}",
            tokens, tokens + 9);
    add_json(response, text);
    free(text);
    return response;
}

static const Response *stream_of(int tokens) {
    Response *response = &streams[tokens];
    if (response->size) return response;
    char payload[1024];
    add_stream_head(response);
    add_event(response, NULL, EVENT_HEAD "\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\",\"refusal\":null},"
                                         "\"logprobs\":null,\"finish_reason\":null}],\"usage\":null}");
    for (int i = 0; i < tokens; i++) {
        snprintf(payload, sizeof payload, EVENT_HEAD "\"choices\":[{\"index\":0,\"delta\":{\"content\":\" tok%d\"},"
                 "\"logprobs\":null,\"finish_reason\":null}],\"usage\":null}", i);
        add_event(response, NULL, payload);
    }
    add_event(response, NULL, EVENT_HEAD "\"choices\":[{\"index\":0,\"delta\":{},\"logprobs\":null,\"finish_reason\":\"stop\"}],\"usage\":null}");
    snprintf(payload, sizeof payload, EVENT_HEAD "\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":%d,"
             "\"total_tokens\":%d,\"prompt_tokens_details\":{\"cached_tokens\":0}}}", tokens, tokens + 9);
    add_event(response, NULL, payload);
    add(response, "e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n", 24);
    end_piece(response);
    return response;
}
