package dev.luthier.data;

/**
 * Where a message stands in the rendered text, in UTF-16 positions.
 *
 * <p>White space between the generation prompt and the content is the model's to write, so it is a
 * part of the turn: Llama 2 is asked with {@code [/INST]} and answers {@code " Hi! </s>"}, where
 * most tokenizers join the space and the first word.
 *
 * @param message index of the message
 * @param start where the assistant starts to write; of other messages, where the content starts
 * @param content first character of the content
 * @param contentEnd where the turn's end marker (and white space before it) begins
 * @param end after the end marker; {@code contentEnd} when the template prints none
 */
record TurnSpan(int message, int start, int content, int contentEnd, int end) {}
