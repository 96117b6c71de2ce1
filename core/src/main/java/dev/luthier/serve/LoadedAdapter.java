package dev.luthier.serve;

import dev.luthier.generate.ModelLanguage;
import dev.luthier.nn.ServedAdapter;

/**
 * An adapter at work.
 *
 * @param info what is told of it
 * @param language how it is spoken to
 * @param matrices what it adds
 * @param root of its pages' contents
 */
record LoadedAdapter(
    EngineAdapter info, ModelLanguage language, ServedAdapter matrices, long root) {}
