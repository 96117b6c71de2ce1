package dev.luthier.data;

/**
 * Where an assistant's turn stands in the rendered text, in UTF-16 positions.
 *
 * @param message index of the message
 * @param start first character of what the assistant wrote
 * @param contentEnd where the turn's end marker (and white space before it) begins
 * @param end after the end marker; {@code contentEnd} when the template prints none
 */
record TurnSpan(int message, int start, int contentEnd, int end) {}
