package dev.luthier.generate;

/**
 * A generated text.
 *
 * @param text what follows the prompt, special tokens left out, ending before a stop string
 * @param tokens the generated ids alone, with the stop token if one ended the text and with all
 *     tokens of a stop string
 * @param promptTokens number of ids in the prompt
 * @param stopReason why it ended
 */
@SuppressWarnings("ArrayRecordComponent")
public record Generation(String text, int[] tokens, int promptTokens, StopReason stopReason) {}
