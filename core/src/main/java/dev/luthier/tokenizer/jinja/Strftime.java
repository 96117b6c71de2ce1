package dev.luthier.tokenizer.jinja;

import java.time.ZonedDateTime;
import java.time.format.TextStyle;
import java.time.temporal.ChronoUnit;
import java.time.temporal.IsoFields;
import java.util.Locale;

/** {@code datetime.strftime} in the C locale, with glibc's flags, for a time without a zone. */
final class Strftime {
  private final ZonedDateTime time;
  private final StringBuilder out = new StringBuilder();

  private Strftime(ZonedDateTime time) {
    this.time = time;
  }

  static String format(ZonedDateTime time, String format) {
    Strftime f = new Strftime(time);
    f.expand(format);
    return f.out.toString();
  }

  private void expand(String format) {
    for (int i = 0; i < format.length(); i++) {
      char c = format.charAt(i);
      if (c != '%' || i + 1 == format.length()) {
        out.append(c);
        continue;
      }
      char flag = format.charAt(i + 1);
      boolean flagged = "-_0^#".indexOf(flag) >= 0 && i + 2 < format.length();
      char directive = flagged ? format.charAt(i + 2) : flag;
      int before = out.length();
      if (!text(directive) && !number(directive, flagged ? flag : 0)) {
        out.append(format, i, i + (flagged ? 3 : 2));
      } else if (flagged && flag == '^') {
        String upper = out.substring(before).toUpperCase(Locale.ROOT);
        out.setLength(before);
        out.append(upper);
      }
      i += flagged ? 2 : 1;
    }
  }

  private boolean text(char directive) {
    switch (directive) {
      case 'a' -> out.append(time.getDayOfWeek().getDisplayName(TextStyle.SHORT, Locale.ENGLISH));
      case 'A' -> out.append(time.getDayOfWeek().getDisplayName(TextStyle.FULL, Locale.ENGLISH));
      case 'b', 'h' -> out.append(month().substring(0, 3));
      case 'B' -> out.append(month());
      case 'p' -> out.append(time.getHour() < 12 ? "AM" : "PM");
      case 'P' -> out.append(time.getHour() < 12 ? "am" : "pm");
      case 'c' -> expand("%a %b %e %H:%M:%S %Y");
      case 'x', 'D' -> expand("%m/%d/%y");
      case 'X', 'T' -> expand("%H:%M:%S");
      case 'r' -> expand("%I:%M:%S %p");
      case 'R' -> expand("%H:%M");
      case 'F' -> expand("%Y-%m-%d");
      case 'n' -> out.append('\n');
      case 't' -> out.append('\t');
      case '%' -> out.append('%');
      case 'z', 'Z' -> {
        // a time without a zone has neither name nor offset
      }
      default -> {
        return false;
      }
    }
    return true;
  }

  private String month() {
    return time.getMonth().getDisplayName(TextStyle.FULL, Locale.ENGLISH);
  }

  private boolean number(char directive, char flag) {
    int hour12 = time.getHour() % 12 == 0 ? 12 : time.getHour() % 12;
    int sunday = time.getDayOfWeek().getValue() % 7;
    switch (directive) {
      case 'd' -> pad(time.getDayOfMonth(), 2, '0', flag);
      case 'e' -> pad(time.getDayOfMonth(), 2, ' ', flag);
      case 'm' -> pad(time.getMonthValue(), 2, '0', flag);
      case 'y' -> pad(time.getYear() % 100, 2, '0', flag);
      case 'Y' -> pad(time.getYear(), 1, '0', flag);
      case 'C' -> pad(time.getYear() / 100, 2, '0', flag);
      case 'H' -> pad(time.getHour(), 2, '0', flag);
      case 'k' -> pad(time.getHour(), 2, ' ', flag);
      case 'I' -> pad(hour12, 2, '0', flag);
      case 'l' -> pad(hour12, 2, ' ', flag);
      case 'M' -> pad(time.getMinute(), 2, '0', flag);
      case 'S' -> pad(time.getSecond(), 2, '0', flag);
      case 'f' -> pad(time.get(java.time.temporal.ChronoField.MICRO_OF_SECOND), 6, '0', flag);
      case 'j' -> pad(time.getDayOfYear(), 3, '0', flag);
      case 'u' -> pad(time.getDayOfWeek().getValue(), 1, '0', flag);
      case 'w' -> pad(sunday, 1, '0', flag);
      case 'U' -> pad((time.getDayOfYear() + 6 - sunday) / 7, 2, '0', flag);
      case 'W' -> pad((time.getDayOfYear() + 6 - (sunday + 6) % 7) / 7, 2, '0', flag);
      case 'V' -> pad(time.get(IsoFields.WEEK_OF_WEEK_BASED_YEAR), 2, '0', flag);
      case 'G' -> pad(time.get(IsoFields.WEEK_BASED_YEAR), 4, '0', flag);
      case 'g' -> pad(time.get(IsoFields.WEEK_BASED_YEAR) % 100, 2, '0', flag);
      case 's' -> out.append(time.truncatedTo(ChronoUnit.SECONDS).toEpochSecond());
      default -> {
        return false;
      }
    }
    return true;
  }

  private void pad(int value, int width, char usual, char flag) {
    String digits = String.valueOf(value);
    char fill = flag == '_' ? ' ' : flag == '0' ? '0' : usual;
    if (flag != '-') {
      out.append(String.valueOf(fill).repeat(Math.max(0, width - digits.length())));
    }
    out.append(digits);
  }
}
