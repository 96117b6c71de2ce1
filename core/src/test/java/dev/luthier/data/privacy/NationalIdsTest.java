package dev.luthier.data.privacy;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Numbers are those that the schemes' descriptions give as examples. */
class NationalIdsTest {
  private static final PersonalData ALL = PersonalData.of(PrivacySettings.defaults());

  @ParameterizedTest
  @ValueSource(
      strings = {
        "id is 536-90-4399",
        "social security number 536904399",
        "SSN: 536 90 4399",
        "nino AB123456C",
        "id is AB 12 34 56 C",
        "id is 86095742719",
        "id is 86 095 742 719",
        "id is 65929970489",
        "id is 255081416802538",
        "id is 2 55 08 14 168 025 38",
        "id is 1 85 05 2A 006 084 35",
        "id is 12345678Z",
        "id is 12345678-Z",
        "id is X1234567L",
        "id is RSSMRA85T10A562S",
        "BSN 111222333",
        "id is 44051401359",
        "id is 529.982.247-25",
        "id is 52998224725",
        "Aadhaar: 2341 2341 2346",
        "uid 234123412346",
        "आधार 2341 2341 2346",
        "id is 11010519491231002X",
      })
  void ids(String text) {
    assertThat(ALL.redact(text + ".")).endsWith(" [NATIONAL_ID].").hasSizeLessThan(45);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "000-12-3456",
        "666-12-3456",
        "912-12-3456",
        "536-00-4399",
        "536-90-0000",
        "078-05-1120",
        "536904399",
        "AB123456C",
        "QQ 12 34 56 C",
        "GB 12 34 56 C",
        "AB 12 34 56 E",
        "86095742718",
        "11111111111",
        "12 345 678 901 234",
        "255081416802539",
        "255131416802538",
        "12345678A",
        "X1234567M",
        "RSSMRA85T10A562T",
        "111222333",
        "BSN 111222334",
        "44051401358",
        "44133101355",
        "529.982.247-26",
        "2341 2341 2346",
        "Aadhaar: 2341 2341 2347",
        "110105194912310021",
        "11010519491331002X",
        "0.86095742719",
      })
  void no_ids(String text) {
    assertThat(ALL.find(text)).isEmpty();
  }
}
