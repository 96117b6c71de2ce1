package dev.luthier.recipe;

import dev.luthier.Setting;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What a policy is held against.
 *
 * @param model base, adapter, none, or the folder of a model or of an adapter over the base
 * @param precompute whether its log-probabilities are computed once, before training
 * @param cache the file that they are kept in
 */
public record ReferenceSettings(
    @Setting(
            help =
                "base | adapter (the one to begin from) | a folder of a model or adapter | none"
                    + " (--reference); default: what the run begins from")
        Optional<String> model,
    @Setting(
            help =
                "compute its log-probabilities once, before training; always so for method=full and"
                    + " for a reference that the run does not begin from",
            value = "false")
        boolean precompute,
    @Setting(help = "the file that keeps them; default: reference.jsonl in the output folder")
        Optional<Path> cache) {}
