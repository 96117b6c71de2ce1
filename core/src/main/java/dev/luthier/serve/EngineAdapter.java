package dev.luthier.serve;

import java.nio.file.Path;
import java.time.Instant;

/**
 * A loaded adapter.
 *
 * @param rank the largest of its matrices
 * @param loaded when
 */
public record EngineAdapter(String name, Path folder, int rank, Instant loaded) {}
