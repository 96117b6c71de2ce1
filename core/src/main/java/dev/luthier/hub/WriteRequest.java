package dev.luthier.hub;

import java.util.List;

/**
 * What a writer is asked.
 *
 * @param messages the conversation that it answers
 * @param maxTokens the answer ends after so many tokens
 * @param temperature 0 takes the likeliest token each time
 * @param topP only the likeliest tokens that together have this probability; 1 keeps all
 * @param seed equal seeds give equal answers where the writer can do that: a local model does, of
 *     endpoints some
 */
public record WriteRequest(
    List<Message> messages, int maxTokens, double temperature, double topP, long seed) {
  /** Copies the messages. */
  public WriteRequest {
    messages = List.copyOf(messages);
  }
}
