package dev.luthier.train.preference;

/**
 * The loss of one pair of answers as a function of two numbers, both in nats: c, by how much the
 * policy's log-probability of the chosen answer exceeds the reference's, and r, the same of the
 * rejected one. In what follows s is the logistic function, b the settings' beta, e their label
 * smoothing and d = c - r.
 */
public enum PairLoss {
  /**
   * {@code -(1 - e) log s(b d) - e log s(-b d)}. Rafailov et al., "Direct Preference Optimization",
   * arXiv 2305.18290; with smoothing "conservative DPO" (Mitchell, 2023).
   */
  SIGMOID {
    @Override
    public Graded of(double c, double r, PairSettings set) {
      double z = set.beta() * (c - r);
      double e = set.smoothing();
      double loss = -(1 - e) * Logistic.log(z) - e * Logistic.log(-z);
      return byDifference(loss, set.beta() * (-(1 - e) * Logistic.of(-z) + e * Logistic.of(z)));
    }
  },
  /** {@code max(0, 1 - b d)}. Zhao et al., "SLiC-HF", arXiv 2305.10425. */
  HINGE {
    @Override
    public Graded of(double c, double r, PairSettings set) {
      double z = set.beta() * (c - r);
      return byDifference(Math.max(0, 1 - z), z < 1 ? -set.beta() : 0);
    }
  },
  /**
   * {@code (d - 1 / (2 b))^2}, of log-probabilities that are means over tokens. Azar et al., "A
   * General Theoretical Paradigm", arXiv 2310.12036.
   */
  IPO {
    @Override
    public Graded of(double c, double r, PairSettings set) {
      double off = c - r - 1 / (2 * set.beta());
      return byDifference(off * off, 2 * off);
    }
  },
  /**
   * {@code (-(1 - e) log s(b d) + e log s(-b d)) / (1 - 2 e)}: unbiased where a share e of labels
   * is wrong. Chowdhury et al., "Provably Robust DPO", arXiv 2403.00409.
   */
  ROBUST {
    @Override
    public Graded of(double c, double r, PairSettings set) {
      double z = set.beta() * (c - r);
      double e = set.smoothing();
      double loss = (-(1 - e) * Logistic.log(z) + e * Logistic.log(-z)) / (1 - 2 * e);
      double slope = (-(1 - e) * Logistic.of(-z) - e * Logistic.of(z)) / (1 - 2 * e);
      return byDifference(loss, set.beta() * slope);
    }
  },
  /**
   * {@code s(b d) log(s(b d) / (1 - e)) + s(-b d) log(s(-b d) / e)}, the reverse KL divergence from
   * the labels', with an e of at least 0.001. Ji et al., "Efficient Exact Optimization", arXiv
   * 2402.00856.
   */
  EXO {
    @Override
    public Graded of(double c, double r, PairSettings set) {
      double z = set.beta() * (c - r);
      double e = Math.max(set.smoothing(), LEAST_SMOOTHING);
      double up = Logistic.log(z) - Math.log(1 - e);
      double down = Logistic.log(-z) - Math.log(e);
      double p = Logistic.of(z);
      double q = Logistic.of(-z);
      return byDifference(p * up + q * down, set.beta() * p * q * (up - down));
    }
  },
  /**
   * {@code -log s(b c) - log s(-b c) / 2 - log s(-b r) / 2}. Chen et al., "Noise Contrastive
   * Alignment", arXiv 2402.05369.
   */
  NCA {
    @Override
    public Graded of(double c, double r, PairSettings set) {
      double b = set.beta();
      double loss = -Logistic.log(b * c) - Logistic.log(-b * c) / 2 - Logistic.log(-b * r) / 2;
      double byC = -Logistic.of(-b * c) + Logistic.of(b * c) / 2;
      return new Graded(loss, b * byC, b * Logistic.of(b * r) / 2);
    }
  },
  /**
   * {@code 1 - s(b c) + s(b r)}: for answers better than the policy's. D'Oosterlinck et al.,
   * "Anchored Preference Optimization", arXiv 2408.06266.
   */
  APO_ZERO {
    @Override
    public Graded of(double c, double r, PairSettings set) {
      double b = set.beta();
      double loss = Logistic.of(-b * c) + Logistic.of(b * r);
      return new Graded(loss, -b * slope(b * c), b * slope(b * r));
    }
  },
  /** {@code s(b c) + 1 - s(b d)}: for answers worse than the policy's. The same paper. */
  APO_DOWN {
    @Override
    public Graded of(double c, double r, PairSettings set) {
      double b = set.beta();
      double apart = slope(b * (c - r));
      double loss = Logistic.of(b * c) + Logistic.of(-b * (c - r));
      return new Graded(loss, b * (slope(b * c) - apart), b * apart);
    }
  },
  /**
   * {@code (c - 1 / (2 b))^2 + (r + 1 / (2 b))^2}. Wu et al., "Self-Play Preference Optimization",
   * arXiv 2405.00675, with hard labels.
   */
  SPPO_HARD {
    @Override
    public Graded of(double c, double r, PairSettings set) {
      double half = 1 / (2 * set.beta());
      double above = c - half;
      double below = r + half;
      return new Graded(above * above + below * below, 2 * above, 2 * below);
    }
  };

  private static final double LEAST_SMOOTHING = 1e-3;

  /**
   * A loss and its derivatives.
   *
   * @param loss nats
   * @param byChosen with respect to c, and so to the chosen answer's log-probability
   * @param byRejected with respect to r
   */
  public record Graded(double loss, double byChosen, double byRejected) {}

  /** The loss of a pair. */
  public abstract Graded of(double c, double r, PairSettings settings);

  private static Graded byDifference(double loss, double slope) {
    return new Graded(loss, slope, -slope);
  }

  /** Of the logistic function. */
  private static double slope(double x) {
    return Logistic.of(x) * Logistic.of(-x);
  }
}
