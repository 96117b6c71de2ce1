package dev.luthier.data.check;

import dev.luthier.Counts;
import dev.luthier.data.DataSettings;
import dev.luthier.data.DataSettings.Overflow;
import dev.luthier.data.OverflowRule;
import java.util.Locale;

/**
 * How bad a fault is for a run, and the limit that decides it.
 *
 * @param because the limit, in words; empty where there is none
 */
record Gravity(Severity severity, String because) {
  /** Below this share of sequences that teach to stop, a model does not learn it. */
  private static final double STOPPING = 0.9;

  private static final int PER_CENT = (int) Math.round(100 * OverflowRule.TOLERATED);

  /** Of a fault that so many rows have. */
  static Gravity of(Fault fault, long rows, DataSettings settings, SetFacts facts) {
    return switch (fault) {
      case UNREADABLE, UNUSABLE, NOTHING_TRAINED, ONE_SIDED -> unusable(fault, settings, facts);
      case TOO_LONG -> tooLong(rows, settings, facts);
      case TEMPLATE_DROPS -> {
        boolean many = rows > OverflowRule.TOLERATED * facts.rows();
        yield many
            ? new Gravity(
                Severity.ERROR,
                "more than " + PER_CENT + " % would learn to answer what they never see")
            : new Gravity(fault.severity(), "");
      }
      case NO_STOP -> {
        boolean few = facts.stopShare() < STOPPING;
        yield new Gravity(
            few ? Severity.ERROR : fault.severity(),
            String.format(
                Locale.ROOT,
                "%.1f %% of all sequences do, and a model learns to stop from %.0f %% or more",
                100 * facts.stopShare(),
                100 * STOPPING));
      }
      default -> new Gravity(fault.severity(), "");
    };
  }

  private static Gravity unusable(Fault fault, DataSettings settings, SetFacts facts) {
    long bad = facts.rows() - facts.used();
    boolean stops =
        switch (settings.badRows()) {
          case ERROR -> bad > OverflowRule.TOLERATED * facts.rows();
          case STRICT -> bad > 0;
          case SKIP, REPAIR -> false;
        };
    String rule =
        switch (settings.badRows()) {
          case ERROR ->
              String.format(
                  Locale.ROOT,
                  "%,d of all rows cannot be used, and %s %d %% may be",
                  bad,
                  stops ? "no more than" : "up to",
                  PER_CENT);
          case STRICT -> Counts.number(bad) + " of all rows cannot be used, and none may be";
          case SKIP, REPAIR -> "what cannot be used is left out";
        };
    return new Gravity(
        stops ? Severity.ERROR : fault.severity(),
        (stops ? "a run would stop: " : "a run would go on: ")
            + rule
            + " (data.badRows="
            + settings.badRows()
            + ")");
  }

  private static Gravity tooLong(long rows, DataSettings settings, SetFacts facts) {
    Overflow overflow = settings.overflow();
    boolean stops = overflow == Overflow.ERROR && rows > OverflowRule.TOLERATED * facts.rows();
    String rule =
        switch (overflow) {
          case ERROR ->
              stops
                  ? "a run would stop: no more than " + PER_CENT + " % of the rows may be"
                  : "a run would leave them out: up to " + PER_CENT + " % of the rows may be";
          case DROP -> "a run would leave them out";
          case TRUNCATE -> "a run would cut them";
          case SPLIT -> "a run would continue them in further sequences";
        };
    return new Gravity(
        stops ? Severity.ERROR : Severity.WARNING,
        String.format(
            Locale.ROOT,
            "%s (data.maxLength=%d, data.overflow=%s)",
            rule,
            settings.maxLength(),
            overflow));
  }
}
