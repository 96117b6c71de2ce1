package dev.luthier.data.duplicates;

/** Is told how far the search for duplicates is. */
@FunctionalInterface
public interface ClusterProgress {
  /**
   * @param done keys looked at: one per row for the hash, for each band, and for the clusters
   * @param total how many there are
   */
  void at(long done, long total);
}
