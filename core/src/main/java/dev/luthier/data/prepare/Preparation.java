package dev.luthier.data.prepare;

import dev.luthier.data.DataSettings;
import dev.luthier.data.SftEncoder;
import dev.luthier.data.duplicates.DuplicateSettings;
import dev.luthier.data.privacy.PrivacySettings;
import dev.luthier.data.quality.FilterSettings;
import java.util.List;

/**
 * What a set is made of and how.
 *
 * @param encoder as a run on the set would have it
 * @param sources in order
 * @param data how rows are read where a source does not say, and how they are encoded
 * @param seed of draws
 * @param threads that work on rows; they change nothing but the time
 */
public record Preparation(
    SftEncoder encoder,
    List<SourceSettings> sources,
    DataSettings data,
    CleanSettings clean,
    AnswerSettings answers,
    FilterSettings filters,
    PrivacySettings privacy,
    OverlapSettings overlap,
    DuplicateSettings duplicates,
    SplitSettings split,
    long seed,
    int threads) {
  public Preparation {
    sources = List.copyOf(sources);
  }
}
