/* The answers of server.c on Anthropic's wire: the Messages API as the anthropic package's types describe it. */
#define MESSAGE_HEAD "{\"id\":\"msg_0123456789\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"m\",\"content\":["
#define INPUT_USAGE "\"input_tokens\":9,\"cache_creation_input_tokens\":0,\"cache_read_input_tokens\":0,"

static Response messages[MAX_TOKENS + 1], message_streams[MAX_TOKENS + 1];

static const Response *message_of(int tokens) {
    Response *response = &messages[tokens];
    if (response->size) return response;
    char *text = calloc(1, 16 * (size_t)tokens + 1024), *at = text;
    at += sprintf(at, MESSAGE_HEAD "{\"type\":\"text\",\"text\":\"");
    for (int i = 0; i < tokens; i++) at += sprintf(at, " tok%d", i);
    sprintf(at, "\"}],\"stop_reason\":\"end_turn\",\"stop_sequence\":null,\"usage\":{" INPUT_USAGE
                "\"output_tokens\":%d,\"service_tier\":\"standard\"}}", tokens);
    add_json(response, text);
    free(text);
    return response;
}

static const Response *message_stream_of(int tokens) {
    Response *response = &message_streams[tokens];
    if (response->size) return response;
    char payload[1024];
    add_stream_head(response);
    add_event(response, "message_start", "{\"type\":\"message_start\",\"message\":" MESSAGE_HEAD "],\"stop_reason\":null,"
              "\"stop_sequence\":null,\"usage\":{" INPUT_USAGE "\"output_tokens\":1,\"service_tier\":\"standard\"}}}");
    add_event(response, "content_block_start",
              "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}");
    add_event(response, "ping", "{\"type\":\"ping\"}");
    for (int i = 0; i < tokens; i++) {
        snprintf(payload, sizeof payload,
                 "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\" tok%d\"}}", i);
        add_event(response, "content_block_delta", payload);
    }
    add_event(response, "content_block_stop", "{\"type\":\"content_block_stop\",\"index\":0}");
    snprintf(payload, sizeof payload, "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\",\"stop_sequence\":null},"
             "\"usage\":{\"output_tokens\":%d}}", tokens);
    add_event(response, "message_delta", payload);
    add_event(response, "message_stop", "{\"type\":\"message_stop\"}");
    add(response, "0\r\n\r\n", 5);
    end_piece(response);
    return response;
}
