package dev.luthier.data.privacy;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

/** Numbers are made by the schemes' rules, written here a second time. */
class PersonalDataProperties {
  private static final PersonalData ALL = PersonalData.of(PrivacySettings.defaults());

  @Provide
  Arbitrary<String> surroundings() {
    return Arbitraries.strings().withCharRange('a', 'z').withChars(" .,;!?()\"\n").ofMaxLength(40);
  }

  @Provide
  Arbitrary<String> digits() {
    return Arbitraries.strings().numeric().ofLength(20);
  }

  @Provide
  Arbitrary<String> texts() {
    Arbitrary<String> piece =
        Arbitraries.of(
            "4111 1111 1111 1111",
            "4111111111111111",
            "ann@acme.io",
            "a",
            "@",
            ".",
            "-",
            ":",
            "=",
            "//",
            "1",
            "12",
            "2127365000",
            "212-736-5000",
            "+1 ",
            " ",
            "\n",
            "phone",
            "password",
            "[PHONE]",
            "[EMAIL]",
            "[",
            "]",
            "84.112.7.201",
            "2606:4700:4700::1111",
            "x1y2z3w4",
            "DE89 3704 0044 0532 0130 00",
            "536-90-4399",
            "529.982.247-25",
            "\"",
            "ssn",
            "AB",
            "\uD83D\uDE00");
    return piece.list().ofMaxSize(25).map(pieces -> String.join("", pieces));
  }

  @Provide
  Arbitrary<String> cards() {
    Arbitrary<String> prefixes = Arbitraries.of("4", "51", "55", "2221", "2720", "6011", "6221");
    return Combinators.combine(prefixes, digits())
        .as((prefix, rest) -> (prefix + rest).substring(0, 15))
        .map(number -> number + luhnDigit(number));
  }

  private static int luhnDigit(String number) {
    int sum = 0;
    for (int i = 0; i < number.length(); i++) {
      int d = number.charAt(number.length() - 1 - i) - '0';
      sum += i % 2 == 0 ? d * 2 / 10 + d * 2 % 10 : d;
    }
    return (10 - sum % 10) % 10;
  }

  private static String germanIban(String account) {
    BigInteger rest = new BigInteger(account + "131400").mod(BigInteger.valueOf(97));
    return String.format("DE%02d%s", 98 - rest.intValue(), account);
  }

  private static String cpf(String nine) {
    String ten = nine + cpfDigit(nine);
    return ten + cpfDigit(ten);
  }

  private static int cpfDigit(String number) {
    int sum = 0;
    for (int i = 0; i < number.length(); i++) {
      sum += (number.length() + 1 - i) * (number.charAt(i) - '0');
    }
    return sum % 11 < 2 ? 0 : 11 - sum % 11;
  }

  private static String grouped(String number, String separator) {
    return number.replaceAll("(.{4})(?=.)", "$1" + separator);
  }

  private static String other(String number, int place) {
    int changed = (number.charAt(place) - '0' + 1) % 10;
    return number.substring(0, place) + changed + number.substring(place + 1);
  }

  private static void assertFound(String kind, String number, String before, String after) {
    String text = before + " " + number + " " + after;
    int start = before.length() + 1;
    assertThat(ALL.find(text)).contains(new Finding(kind, start, start + number.length()));
  }

  @Property
  void a_card_is_found_in_any_text(
      @ForAll("cards") String number,
      @ForAll("surroundings") String before,
      @ForAll("surroundings") String after) {
    for (String separator : List.of("", " ", "-")) {
      assertFound("card", grouped(number, separator), before, after);
    }
  }

  @Property
  void a_card_with_one_other_digit_is_none(
      @ForAll("cards") String number, @ForAll @IntRange(max = 15) int place) {
    assertThat(ALL.find(grouped(other(number, place), " "))).isEmpty();
  }

  @Property
  void an_iban_is_found_in_any_text(
      @ForAll("digits") String digits,
      @ForAll("surroundings") String before,
      @ForAll("surroundings") String after) {
    String number = germanIban(digits.substring(0, 18));
    assertFound("iban", number, before, after);
    assertFound("iban", grouped(number, " "), before, after);
  }

  @Property
  void an_iban_with_one_other_digit_is_none(
      @ForAll("digits") String digits, @ForAll @IntRange(min = 2, max = 21) int place) {
    String number = other(germanIban(digits.substring(0, 18)), place);
    assertThat(ALL.find(number)).isEmpty();
    assertThat(ALL.find(grouped(number, " "))).extracting(Finding::kind).doesNotContain("iban");
  }

  @Property
  void a_cpf_is_found_in_any_text_and_none_with_another_check_digit(
      @ForAll("digits") String digits,
      @ForAll("surroundings") String before,
      @ForAll("surroundings") String after) {
    String nine = "1" + digits.substring(0, 7) + "2";
    String form = cpf(nine).replaceAll("(...)(...)(...)(..)", "$1.$2.$3-$4");
    assertFound("national_id", form, before, after);
    assertThat(ALL.find(other(form, 12))).isEmpty();
    assertThat(ALL.find(other(form, 13))).isEmpty();
  }

  @Property
  void redacting_twice_changes_nothing_more(@ForAll("texts") String text) {
    String once = ALL.redact(text);
    assertThat(ALL.find(once)).isEmpty();
    assertThat(ALL.redact(once)).isEqualTo(once);
  }

  @Property
  void findings_are_within_the_text_in_order_and_apart(@ForAll("texts") String text) {
    int end = 0;
    for (Finding f : ALL.find(text)) {
      assertThat(f.start()).isGreaterThanOrEqualTo(end);
      assertThat(f.end()).isGreaterThan(f.start()).isLessThanOrEqualTo(text.length());
      end = f.end();
    }
  }
}
