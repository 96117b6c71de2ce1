package dev.luthier.data.privacy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.luthier.UsageException;
import dev.luthier.data.privacy.PrivacySettings.Action;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.logging.ConsoleHandler;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PersonalDataTest {
  private static final PersonalData ALL = PersonalData.of(PrivacySettings.defaults());

  private static PersonalData with(
      List<String> kinds, String region, Map<String, String> patterns, List<String> allow) {
    return PersonalData.of(
        new PrivacySettings(Action.REDACT, kinds, region, patterns, allow, false));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Write to ann.b+news@mail.acme.io. | Write to [EMAIL].",
        "<a_b-c@x-y.co.uk>, | <[EMAIL]>,",
        "jürgen@müller.de! | [EMAIL]!",
        "ann@acme.io,bob@acme.io | [EMAIL],[EMAIL]",
        "mailto:ann@acme.io?subject=hi | mailto:[EMAIL]?subject=hi",
        "a@b | a@b",
        "a@@acme.io | a@@acme.io",
        "ann@acme.i0 | ann@acme.i0",
        "ann.@acme.io | ann.@acme.io",
        "icon@2x.png | icon@2x.png",
        "lodash@4.17.21 | lodash@4.17.21",
        "git@github.com:luthier/luthier.git | git@github.com:luthier/luthier.git",
        "git@acme.io is her address | [EMAIL] is her address",
        "@Override obj@0x1f | @Override obj@0x1f",
        "jane@example.com, joe@mail.example.org, x@y.test | jane@example.com, joe@mail.example.org, x@y.test",
      })
  void e_mail_addresses(String text, String redacted) {
    assertThat(ALL.redact(text)).isEqualTo(redacted);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Ring (212) 736-5000 now | Ring [PHONE] now",
        "212-736-5000, 212.736.5001 | [PHONE], [PHONE]",
        "+1 212 736 5000 | [PHONE]",
        "+44 20 7946 0958 | [PHONE]",
        "(+49) 30 901820 | [PHONE]",
        "+49 30 901820 +49 30 901821 | [PHONE] [PHONE]",
        "mobile: 2127365000 | mobile: [PHONE]",
        "call 212-736-5000 ext. 12 | call [PHONE]",
        "2127365000 | 2127365000",
        "order 212-736-5000 | order 212-736-5000",
        "order no. 212-736-5000 | order no. 212-736-5000",
        "555-123-4567 | 555-123-4567",
        "5+4915112345678 | 5+4915112345678",
        "1-800-275-2273 | 1-800-275-2273",
        "2012-10-15 12345 | 2012-10-15 12345",
        "from 1999-2003 to 2012/2013 | from 1999-2003 to 2012/2013",
        "ISBN 978-0-306-40615-7, ISBN 0-306-40615-2 | ISBN 978-0-306-40615-7, ISBN 0-306-40615-2",
        "2147483647 - 2125550123 = 21933524 | 2147483647 - 2125550123 = 21933524",
        "2 127 365 000 or 2.127.365.000 or 2,127,365,000 | 2 127 365 000 or 2.127.365.000 or 2,127,365,000",
        "pi is 3.14159265358979 | pi is 3.14159265358979",
        "$212-736-5000 | $212-736-5000",
      })
  void telephone_numbers(String text, String redacted) {
    assertThat(ALL.redact(text)).isEqualTo(redacted);
  }

  @Test
  void national_numbers_are_those_of_the_region() {
    PersonalData german = with(List.of("all"), "DE", Map.of(), List.of());
    assertThat(german.redact("030 901820, (212) 736-5000")).isEqualTo("[PHONE], (212) 736-5000");
    assertThat(ALL.redact("030 901820, (212) 736-5000")).isEqualTo("030 901820, [PHONE]");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "4111111111111111",
        "4111 1111 1111 1111",
        "5555-5555-5555-4444",
        "2223003122003222",
        "3782 822463 10005",
        "378282246310005",
        "6011111111111117",
        "3530111333300000",
        "3056 930902 5904",
        "6250941006528599",
      })
  void cards(String number) {
    assertThat(ALL.redact("paid with " + number + " 12/25")).isEqualTo("paid with [CARD] 12/25");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "4111111111111112",
        "4111 1111-1111 1111",
        "41 1111 1111 1111 11",
        "1111111111111117",
        "0.4111111111111111",
        "4111111111111111.5",
        "x4111111111111111",
        "41111111111111110000",
        "4222222222222",
      })
  void no_cards(String number) {
    assertThat(ALL.find(number)).isEmpty();
  }

  @Test
  void a_short_card_needs_the_word() {
    assertThat(ALL.redact("Visa 4222222222222")).isEqualTo("Visa [CARD]");
    assertThat(ALL.redact("Diners card: 30569309025904")).isEqualTo("Diners card: [CARD]");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "DE89370400440532013000",
        "DE89 3704 0044 0532 0130 00",
        "GB82 WEST 1234 5698 7654 32",
        "FR14 2004 1010 0505 0001 3M02 606",
        "NO93 8601 1117 947",
        "MT84MALT011000012345MTLCAST001S",
      })
  void ibans(String number) {
    assertThat(ALL.redact("to " + number + ", please")).isEqualTo("to [IBAN], please");
    assertThat(ALL.redact("to " + number + " OK 1234")).isEqualTo("to [IBAN] OK 1234");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "DE88370400440532013000",
        "DE8937040044053201300",
        "DE893704004405320130000",
        "ZZ89370400440532013000",
        "de89370400440532013000",
        "XDE89370400440532013000",
        "DE89  3704 0044 0532 0130 00",
      })
  void no_ibans(String number) {
    assertThat(ALL.find(number)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "from 84.112.7.201. | from [IP].",
        "http://84.112.7.201:8080/x | http://[IP]:8080/x",
        "server 8.8.8.8 | server [IP]",
        "2606:4700:4700::1111 | [IP]",
        "[2a00:1450:4001:82b::200e]:443 | [[IP]]:443",
        "2001:0470:1f0b:1234:0000:0000:0000:0001 | [IP]",
        "version 84.112.7.201 | version 84.112.7.201",
        "v84.112.7.201 | v84.112.7.201",
        "Chrome/49.0.2623.112 | Chrome/49.0.2623.112",
        "see 1.2.3.4 | see 1.2.3.4",
        "84.112.7.256, 84.112.07.1 | 84.112.7.256, 84.112.07.1",
        "1.84.112.7.201 | 1.84.112.7.201",
        "127.0.0.1 0.0.0.0 10.1.2.3 172.16.9.9 192.168.1.10 | 127.0.0.1 0.0.0.0 10.1.2.3 172.16.9.9 192.168.1.10",
        "192.0.2.17 198.51.100.42 203.0.113.99 2001:db8:1::17 | 192.0.2.17 198.51.100.42 203.0.113.99 2001:db8:1::17",
        "::1 fe80::1 std::vector dead::beef | ::1 fe80::1 std::vector dead::beef",
        "2001:10:15 at 20:01:10 | 2001:10:15 at 20:01:10",
        "x[2000::2] 2000::3000 | x[2000::2] 2000::3000",
      })
  void internet_addresses(String text, String redacted) {
    assertThat(ALL.redact(text)).isEqualTo(redacted);
  }

  @Test
  void positions_are_utf_16_in_order_and_apart() {
    String text = "\uD83D\uDE00 ann@acme.io and 84.112.7.201";
    assertThat(ALL.find(text))
        .containsExactly(new Finding("email", 3, 14), new Finding("ip", 19, 31));
  }

  @Test
  void the_longer_of_two_that_overlap_wins() {
    PersonalData own =
        with(List.of("all"), "US", Map.of("host", "acme\\.\\w+", "order", "#\\d+ \\S+"), List.of());
    assertThat(own.redact("ann@acme.io acme.org")).isEqualTo("[EMAIL] [HOST]");
    assertThat(own.redact("#12 ann@acme.io")).isEqualTo("[ORDER]");
    assertThat(own.redact("#12 4111111111111111")).isEqualTo("[ORDER]");
  }

  @Test
  void what_is_redacted_is_not_redacted_again() {
    PersonalData own = with(List.of("all"), "US", Map.of("shout", "[A-Z]+"), List.of());
    assertThat(own.redact("HEY ann@acme.io")).isEqualTo("[SHOUT] [EMAIL]");
    assertThat(own.redact("[SHOUT] [EMAIL]")).isEqualTo("[SHOUT] [EMAIL]");
    assertThat(ALL.redact("[PHONE] 2127365000")).isEqualTo("[PHONE] 2127365000");
    assertThat(ALL.redact("password=[SECRET]")).isEqualTo("password=[SECRET]");
  }

  @Test
  void own_patterns_are_found_under_their_names() {
    PersonalData own =
        with(List.of(), "US", Map.of("badge", "EMP-\\d{4}", "nothing", "x*"), List.of());
    assertThat(own.find("EMP-1234, ann@acme.io")).containsExactly(new Finding("badge", 0, 8));
    assertThat(own.redact("EMP-1234")).isEqualTo("[BADGE]");
  }

  @Test
  void what_is_allowed_is_no_finding_and_nothing_else_either() {
    PersonalData own =
        with(List.of("all"), "US", Map.of(), List.of("(?i).*@acme\\.io", "4111111111111111"));
    assertThat(own.redact("Ann@ACME.io ann@acme.io.uk 4111111111111111"))
        .isEqualTo("Ann@ACME.io [EMAIL] 4111111111111111");
  }

  @Test
  void only_the_kinds_asked_for_are_found() {
    PersonalData phones = with(List.of("phone", "ip"), "US", Map.of(), List.of());
    assertThat(phones.redact("ann@acme.io 84.112.7.201 (212) 736-5000 4111111111111111"))
        .isEqualTo("ann@acme.io [IP] [PHONE] 4111111111111111");
  }

  @Test
  void what_is_reserved_is_found_when_asked_for() {
    PersonalData every =
        PersonalData.of(
            new PrivacySettings(Action.KEEP, List.of("all"), "US", Map.of(), List.of(), true));
    assertThat(every.redact("jane@example.com 192.0.2.17 1-800-275-2273 AKIAIOSFODNN7EXAMPLE"))
        .isEqualTo("[EMAIL] [IP] [PHONE] [SECRET]");
  }

  @Test
  void settings_are_complained_about_together() {
    assertThatThrownBy(
            () -> with(List.of("e-mail"), "USA", Map.of("badge", "(", "card", "x"), List.of("*")))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("privacy.kinds is e-mail: must be all or some of secret, email")
        .hasMessageContaining("privacy.region is USA")
        .hasMessageContaining("privacy.patterns.badge is (: not a regular expression, Unclosed")
        .hasMessageContaining("privacy.patterns.card is not a name for a pattern")
        .hasMessageContaining("privacy.allow is *: not a regular expression");
  }

  @Test
  void texts_without_personal_data_come_back_themselves() {
    String text = "On 12 May 2019 at 10:30:15 we sold 1,234,567 of 12 345 678 901 234 for $5.99.";
    assertThat(ALL.redact(text)).isSameAs(text);
    assertThat(ALL.find("")).isEmpty();
  }

  @Test
  void the_library_of_telephone_numbers_says_nothing_on_its_own() {
    List<String> said = new ArrayList<>();
    Handler listener =
        new ConsoleHandler() {
          @Override
          public void publish(LogRecord entry) {
            said.add(entry.getMessage());
          }
        };
    Logger root = Logger.getLogger("");
    root.addHandler(listener);
    try {
      PersonalData iceland = with(List.of("phone"), "IS", Map.of(), List.of());
      assertThat(iceland.redact("of 55 10 500 people")).isEqualTo("of 55 10 500 people");
    } finally {
      root.removeHandler(listener);
    }
    assertThat(said).isEmpty();
  }
}
