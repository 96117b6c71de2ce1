package dev.luthier.data.duplicates;

import dev.luthier.Complaints;
import dev.luthier.Setting;
import dev.luthier.SettingDefaults;

/**
 * Which rows count as duplicates of one another. Exact copies of the normalised text always do.
 *
 * @param near the Jaccard similarity of two texts' shingles from which they are near-duplicates, at
 *     least {@value #LEAST_NEAR}; 0 looks for exact copies only
 * @param normal what of a text counts
 * @param shingle the length of a shingle in characters (UTF-16 units) of the normalised text
 * @param seed of the hash functions; another one finds other pairs of those that the sketch misses
 */
public record DuplicateSettings(
    @Setting(
            help = "rows this similar are near-duplicates, 0.1 to 1; 0: only exact copies",
            value = "0.8")
        double near,
    @Setting(help = "what of a text counts: words | white-space | verbatim", value = "words")
        TextNormal normal,
    @Setting(help = "characters in a shingle, the unit that similarity counts", value = "5")
        int shingle,
    @Setting(help = "of the hash functions", value = "0") long seed) {
  private static final double LEAST_NEAR = 0.1;

  /** Checks everything at once. */
  public DuplicateSettings {
    new Complaints()
        .unless(
            near == 0 || (near >= LEAST_NEAR && near <= 1),
            "duplicates.near",
            near,
            "must be 0 (only exact copies), or from 0.1 to 1")
        .unless(
            shingle >= 1 && shingle <= 100,
            "duplicates.shingle",
            shingle,
            "must be from 1 to 100 characters")
        .throwIfAny();
  }

  /** Returns near-duplicates from 0.8 of shingles of five characters of lower-cased words. */
  public static DuplicateSettings defaults() {
    return SettingDefaults.of(DuplicateSettings.class);
  }

  /** Whether near-duplicates are looked for. */
  boolean seeksNear() {
    return near > 0;
  }
}
