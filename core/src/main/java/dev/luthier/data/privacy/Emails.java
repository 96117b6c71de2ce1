package dev.luthier.data.privacy;

import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * E-mail addresses, from each at sign outwards: at most 64 characters before it and 253 after (RFC
 * 5321, section 4.5.3.1). Quoted local parts and domains in brackets are not looked for.
 */
final class Emails implements Detector {
  private static final int MAX_LOCAL = 64;
  private static final int MAX_DOMAIN = 253;

  /** What a domain's last label would be in the name of a file, as in logo@2x.png. */
  private static final Set<String> FILES =
      Set.of(
          "png", "jpg", "jpeg", "gif", "svg", "webp", "ico", "css", "scss", "js", "mjs", "ts",
          "jsx", "tsx", "json", "html", "htm", "xml", "yml", "yaml", "txt", "pdf", "java", "jar",
          "exe", "dll");

  /** RFC 2606, RFC 6761 and RFC 6762. */
  private static final Pattern RESERVED =
      Pattern.compile(
          "(?:.*\\.)?(?:example\\.(?:com|net|org|edu)|example|test|invalid|localhost|local)");

  @Override
  public void find(String text, Candidates found) {
    for (int at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + 1)) {
      int start = localStart(text, at);
      int end = domainEnd(text, at + 1);
      if (start < at && end > at + 1 && !isRepository(text, start, at, end)) {
        String domain = text.substring(at + 1, end).toLowerCase(Locale.ROOT);
        found.add(Kind.EMAIL, start, end, RESERVED.matcher(domain).matches());
      }
    }
  }

  /** Returns where the local part begins; {@code at} when there is none. */
  private static int localStart(String text, int at) {
    int start = at;
    while (start > 0 && isLocal(text.charAt(start - 1))) {
      start--;
      if (at - start > MAX_LOCAL || text.startsWith("..", start)) {
        return at;
      }
    }
    while (start < at && !Character.isLetterOrDigit(text.charAt(start))) {
      start++;
    }
    return start == at || text.charAt(at - 1) == '.' ? at : start;
  }

  /** Returns where the domain ends; {@code start} when there is none. */
  private static int domainEnd(String text, int start) {
    int end = start;
    int lastDot = -1;
    int limit = Math.min(text.length(), start + MAX_DOMAIN + 1);
    int i = start;
    while (i < limit) {
      int label = labelEnd(text, i, limit);
      if (label == i) {
        break;
      }
      lastDot = i - 1;
      end = label;
      if (label >= limit || text.charAt(label) != '.') {
        break;
      }
      i = label + 1;
    }
    boolean whole = lastDot > start && end < start + MAX_DOMAIN && isFreeAfter(text, end);
    return whole && isTopLevel(text.substring(lastDot + 1, end)) ? end : start;
  }

  private static int labelEnd(String text, int start, int limit) {
    int end = start;
    while (end < limit
        && (text.charAt(end) == '-' || Character.isLetterOrDigit(text.charAt(end)))) {
      end++;
    }
    while (end > start && text.charAt(end - 1) == '-') {
      end--;
    }
    return end > start && text.charAt(start) == '-' ? start : end;
  }

  private static boolean isTopLevel(String label) {
    return label.length() >= 2
        && label.length() <= 24
        && label.chars().allMatch(Character::isLetter)
        && !FILES.contains(label.toLowerCase(Locale.ROOT));
  }

  private static boolean isFreeAfter(String text, int end) {
    return end == text.length() || text.charAt(end) != '@' && text.charAt(end) != '_';
  }

  /** git@host:owner/name names a repository. */
  private static boolean isRepository(String text, int start, int at, int end) {
    return at - start == 3
        && text.startsWith("git", start)
        && end < text.length()
        && ":/".indexOf(text.charAt(end)) >= 0;
  }

  private static boolean isLocal(char c) {
    return Character.isLetterOrDigit(c) || "._%+-'".indexOf(c) >= 0;
  }
}
