package dev.luthier.data.prepare;

import dev.luthier.LuthierException;
import dev.luthier.data.Example;
import dev.luthier.data.Example.Preference;
import dev.luthier.data.Example.Text;
import dev.luthier.data.Example.Unpaired;
import dev.luthier.data.duplicates.Clusters;
import dev.luthier.data.prepared.Kind;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** The account of all files and stages, and of what kind the rows are. */
final class Tally {
  private final Set<Kind> kinds = EnumSet.noneOf(Kind.class);
  private final Account account = new Account();
  private List<Account> files = List.of();
  private long encoded;
  private long tooLong;

  void files(List<Account> accounts) {
    files = accounts;
    files.forEach(account::add);
  }

  /** What became of the rows so far. */
  Account account() {
    return account;
  }

  /** Rows of a file. */
  long rows(int file) {
    return files.get(file).rows();
  }

  /** What a row would be used for. */
  static Kind kind(Example example) {
    if (example instanceof Preference) {
      return Kind.PREFERENCE;
    }
    if (example instanceof Unpaired) {
      return Kind.UNPAIRED;
    }
    return example instanceof Text ? Kind.TEXT : Kind.SFT;
  }

  void add(Kind kind) {
    kinds.add(kind);
  }

  /**
   * What the set is for.
   *
   * @throws LuthierException its rows are for different things
   */
  Kind kind() {
    if (kinds.equals(EnumSet.of(Kind.SFT, Kind.TEXT))) {
      return Kind.SFT;
    }
    if (kinds.size() > 1) {
      throw new LuthierException(
          "The rows are for different kinds of training ("
              + String.join(", ", kinds.stream().map(Kind::purpose).toList())
              + "): prepare a set for each, or declare one format (data.format).");
    }
    return kinds.iterator().next();
  }

  void targets(Clusters clusters, byte[] targets) {
    for (int row = 0; row < targets.length; row++) {
      if (targets[row] == Targets.DUPLICATE) {
        account.dropped(Stages.DUPLICATES, clusters.copy(row) ? "exact" : "near");
      } else if (targets[row] == Targets.NOT_TAKEN) {
        account.dropped(Stages.MIX, "not taken");
      }
    }
  }

  void encoded(Encoded row) {
    encoded++;
    tooLong += row.facts().tooLong() ? 1 : 0;
    if (!row.refused().isEmpty()) {
      account.dropped(Stages.ENCODE, shortened(row.refused()));
    }
  }

  /** Reasons that differ only in what they quote are counted together. */
  private static String shortened(String reason) {
    String plain = reason.replaceAll("\"[^\"]*\"", "...").replaceAll("\\d+", "N");
    return plain.length() > 100 ? plain.substring(0, 100) + "..." : plain;
  }

  long encoded() {
    return encoded;
  }

  long tooLong() {
    return tooLong;
  }
}
