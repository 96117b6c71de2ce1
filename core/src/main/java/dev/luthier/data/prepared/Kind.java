package dev.luthier.data.prepared;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** What a prepared set is for. */
public enum Kind {
  /** Conversations and prompts with their completions, the answers trained. */
  SFT("supervised fine-tuning"),
  /** Plain text, all of it trained. */
  TEXT("training on plain text"),
  /** Pairs of a chosen and a rejected answer. */
  PREFERENCE("preference optimization"),
  /** Answers marked as desirable or undesirable. */
  UNPAIRED("preference optimization with unpaired answers"),
  /** Prompts without answers. */
  PROMPT("sampling answers to prompts");

  private final String purpose;

  Kind(String purpose) {
    this.purpose = purpose;
  }

  /** What it is for, in words. */
  public String purpose() {
    return purpose;
  }

  @Override
  @JsonValue
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
