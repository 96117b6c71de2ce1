package dev.luthier.data.privacy;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Keys and tokens that services mark with a prefix, and JSON Web Tokens. */
final class Tokens implements Detector {
  /** All of them are longer, so that the words of a text are passed over. */
  private static final int MIN_LENGTH = 20;

  /** What is drawn at random has more; "sk-xxxxxxxx" has less. */
  private static final double MIN_BITS = 2.5;

  private static final Pattern FORM =
      Pattern.compile(
          "(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}+" // AWS
              + "|gh[pousr]_[A-Za-z0-9]{36,255}+|github_pat_[A-Za-z0-9_]{22,255}+"
              + "|gl(?:pat|dt|rt|cbt|ptt|ft|soat)-[A-Za-z0-9_-]{20,255}+" // GitLab
              + "|xox[abeoprs]-[A-Za-z0-9-]{15,255}+|xapp-\\d-[A-Za-z0-9-]{15,255}+" // Slack
              + "|sk-(?:proj|svcacct|admin)-[A-Za-z0-9_-]{20,255}+|sk-[A-Za-z0-9]{32,64}+" // OpenAI
              + "|sk-ant-[a-z]{2,8}\\d{2}-[A-Za-z0-9_-]{20,255}+" // Anthropic
              + "|AIza[A-Za-z0-9_-]{35}+|GOCSPX-[A-Za-z0-9_-]{28}+" // Google
              + "|[sr]k_(?:live|test)_[A-Za-z0-9]{16,255}+|whsec_[A-Za-z0-9]{32,255}+" // Stripe
              + "|hf_[A-Za-z0-9]{30,64}+" // Hugging Face
              + "|eyJ[A-Za-z0-9_-]{10,}+\\.eyJ[A-Za-z0-9_-]{10,}+\\.[A-Za-z0-9_-]{16,}+");

  @Override
  public void find(String text, Candidates found) {
    int start = 0;
    while (start < text.length()) {
      int end = start;
      while (end < text.length() && isToken(text.charAt(end))) {
        end++;
      }
      if (end - start >= MIN_LENGTH) {
        at(text, start, found);
      }
      start = end + 1;
    }
  }

  private static void at(String text, int start, Candidates found) {
    Matcher m = FORM.matcher(text).region(start, text.length());
    if (m.lookingAt()
        && (m.end() == text.length() || !isToken(text.charAt(m.end())))
        && Randomness.bitsPerCharacter(m.group()) >= MIN_BITS) {
      found.add(Kind.SECRET, start, m.end(), m.group().endsWith("EXAMPLE"));
    }
  }

  private static boolean isToken(char c) {
    return c >= 'a' && c <= 'z'
        || c >= 'A' && c <= 'Z'
        || c >= '0' && c <= '9'
        || c == '_'
        || c == '-';
  }
}
