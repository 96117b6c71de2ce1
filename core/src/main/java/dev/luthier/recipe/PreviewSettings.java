package dev.luthier.recipe;

import dev.luthier.data.DataSettings;

/**
 * What {@code data preview} needs to know of a run.
 *
 * @param data how rows become tokens
 * @param tokens what the tokenizer gets more
 */
public record PreviewSettings(DataSettings data, TokenSettings tokens) {}
