package dev.luthier.recipe;

import dev.luthier.data.DataSettings;

/**
 * What {@code data preview} needs to know of a run.
 *
 * @param data how rows become tokens
 */
public record PreviewSettings(DataSettings data) {}
