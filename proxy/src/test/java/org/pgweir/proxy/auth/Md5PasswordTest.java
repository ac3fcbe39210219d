package org.pgweir.proxy.auth;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class Md5PasswordTest {
    @Test
    void givenAPasswordWhenHashedThenItIsTheHashThatPostgresStores() {
        // SELECT md5('pencil' || 'bob')
        assertThat(Md5Password.hash("pencil", "bob")).isEqualTo("e4f70fb0b8f2745aa7a69557c80cbd0c");
        // SELECT md5('pässword' || 'bob') in UTF-8
        assertThat(Md5Password.hash("pässword", "bob")).isEqualTo("b6873eacf12ef89553a2812532169afa");
    }

    @Test
    void givenASaltWhenAnsweredThenTheAnswerIsThatOfLibpq() {
        assertThat(Md5Password.answer("e4f70fb0b8f2745aa7a69557c80cbd0c", new byte[] {1, 2, 3, (byte) 0xff}))
                .isEqualTo("md54866e2cbf23352ddbbe59ab6cb9568b6");
    }
}
