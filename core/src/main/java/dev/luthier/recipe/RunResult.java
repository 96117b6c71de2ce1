package dev.luthier.recipe;

import dev.luthier.train.Trainer;
import java.nio.file.Path;
import java.util.Map;

/**
 * How a run ended.
 *
 * @param end why; a run that was finished before is finished
 * @param output where the result stands
 * @param results what {@code run.json} records: steps, losses, tokens, seconds
 */
public record RunResult(Trainer.End end, Path output, Map<String, Object> results) {}
