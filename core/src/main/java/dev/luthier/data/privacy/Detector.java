package dev.luthier.data.privacy;

/** Finds one family of personal data. Stateless, and linear in the text's length. */
interface Detector {
  /** Adds what it takes for personal data in the text; candidates may overlap. */
  void find(String text, Candidates found);
}
