package dev.luthier.data.privacy;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Public internet addresses. Private, loopback, link-local, shared, multicast and unspecified ones
 * name no machine to the world and are left out; those of documentation are reserved.
 */
final class IpAddresses {
  private static final Pattern V4 =
      Pattern.compile("(\\d{1,3})\\.(\\d{1,3})\\.(\\d{1,3})\\.(\\d{1,3})");

  /** Global unicast, 2000::/3, is all that is assigned; so "a::b" of a program is no address. */
  private static final Pattern V6 =
      Pattern.compile("[23]\\p{XDigit}{3}(?::{1,2}\\p{XDigit}{1,4}){2,7}+");

  private static final int V6_GROUPS = 8;

  private static final Pattern VERSION =
      Pattern.compile(
          "(?i)(?:\\b(?:v|ver|version|release|build|firmware|driver|kernel|section|chapter|clause"
              + "|sec|rev|revision|update|upgrade|oid|patch|sdk|api)s?\\b[\\s.:#=(-]{0,3}|[§/\\w]/|-)$");

  private static final Pattern SPOKEN_FOR =
      Pattern.compile("(?i)\\b(?:ips?|ipv4|address(?:es)?|hosts?|server|ping|dns|https?)\\b");

  private IpAddresses() {}

  /** Adds the IPv4 address that begins at a position, if one does. */
  static void v4(String text, int start, Candidates found) {
    Matcher m = V4.matcher(text).region(start, text.length());
    if (!m.lookingAt() || !isFree(text, start, m.end())) {
      return;
    }
    int[] octets = new int[4];
    for (int i = 0; i < 4; i++) {
      octets[i] = Integer.parseInt(m.group(i + 1));
      if (octets[i] > 255 || m.group(i + 1).length() > 1 && m.group(i + 1).charAt(0) == '0') {
        return;
      }
    }
    boolean url = text.startsWith("//", Math.max(0, start - 2));
    if (!url && Surroundings.follows(text, start, VERSION)) {
      return;
    }
    boolean numbering = m.end() - start == 7;
    if (isPublic(octets) && (!numbering || url || Surroundings.follows(text, start, SPOKEN_FOR))) {
      found.add(Kind.IP, start, m.end(), isDocumentation(octets));
    }
  }

  /** Adds the IPv6 address that begins at a position, if one does. */
  static void v6(String text, int start, Candidates found) {
    Matcher m = V6.matcher(text).region(start, text.length());
    if (!m.lookingAt()
        || start > 0
            && (text.charAt(start - 1) == ':' || Surroundings.isWord(text.charAt(start - 1)))
        || !endsV6(text, m.end())) {
      return;
    }
    String address = m.group();
    int gap = address.indexOf("::");
    boolean one = gap >= 0 && address.indexOf("::", gap + 1) < 0;
    int groups = address.split(":+", -1).length;
    if (groups == V6_GROUPS && gap < 0 || groups < V6_GROUPS && one) {
      String lower = address.toLowerCase(Locale.ROOT);
      found.add(
          Kind.IP, start, m.end(), lower.startsWith("2001:db8:") || lower.startsWith("3fff:0"));
    }
  }

  private static boolean endsV6(String text, int end) {
    return end == text.length()
        || !Surroundings.isWord(text.charAt(end))
            && !(text.charAt(end) == ':'
                && end + 1 < text.length()
                && Character.digit(text.charAt(end + 1), 16) >= 0);
  }

  private static boolean isFree(String text, int start, int end) {
    return (start == 0
            || !Surroundings.isWord(text.charAt(start - 1)) && text.charAt(start - 1) != '.')
        && (end == text.length()
            || !Surroundings.isWord(text.charAt(end))
                && !(text.charAt(end) == '.'
                    && end + 1 < text.length()
                    && Surroundings.isWord(text.charAt(end + 1))));
  }

  /** RFC 6890. */
  private static boolean isPublic(int[] o) {
    return o[0] != 0
        && o[0] != 10
        && o[0] != 127
        && o[0] < 224
        && !(o[0] == 100 && o[1] >= 64 && o[1] < 128)
        && !(o[0] == 169 && o[1] == 254)
        && !(o[0] == 172 && o[1] >= 16 && o[1] < 32)
        && !(o[0] == 192 && o[1] == 168);
  }

  /** RFC 5737. */
  private static boolean isDocumentation(int[] o) {
    return o[0] == 192 && o[1] == 0 && o[2] == 2
        || o[0] == 198 && o[1] == 51 && o[2] == 100
        || o[0] == 203 && o[1] == 0 && o[2] == 113;
  }
}
