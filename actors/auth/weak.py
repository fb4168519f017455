"""Passwords that everybody tries first: of 8 characters or more, in lower case."""

_WORDS = """
00000000 000000000 0000000000 01234567 012345678 0123456789 09876543 0987654321 10101010
11111111 111111111 1111111111 11112222 11223344 1122334455 12121212 12341234 1234512345 12344321
12345678 123456789 1234567890 12345678910 123456789a 123456789q 1234567a 1234567q 1234abcd
1234qwer 123123123 123321123 123454321 123qweasd 123qweasdzxc 147258369 159753159 1q2w3e4r
1q2w3e4r5t 1q2w3e4r5t6y 1qaz2wsx 1qaz2wsx3edc 1qazxsw2 22222222 33333333 44444444 55555555
66666666 69696969 741852963 77777777 789456123 87654321 88888888 963852741 987654321 9876543210
99999999 a1234567 a12345678 a123456789 aa123456 aa12345678 aaaaaaaa abc12345 abc123456 abcd1234
abcd12345 abcdefgh abcdefghi admin123 admin1234 administrator alexander asdf1234 asdfasdf
asdfghjk asdfghjkl babygirl baseball basketball butterfly changeme changeme1 chocolate computer
corvette dragon123 einstein elephant facebook football football1 google123 hello123 helloworld
iloveyou iloveyou1 iloveyou2 internet jennifer jessica1 letmein1 letmein123 liverpool manchester
marlboro maverick mercedes metallica michael1 michelle midnight minecraft monkey123 mustang1
mypassword newpassword nicole123 p@ssw0rd p@ssword pa55word passw0rd passwd123 password
password! password1 password1! password12 password123 password1234 password2 passwordpassword
pokemon123 princess princess1 q1w2e3r4 q1w2e3r4t5 qazwsxedc qwer1234 qwerasdf qwert123
qwert12345 qwerty12 qwerty123 qwerty1234 qwerty12345 qwerty123456 qwertyqwerty qwertyui
qwertyuiop qwertyuiop123 samsung1 samantha secret123 snowball spiderman starwars starwars1
steelers sunshine sunshine1 superman superman1 superstar test1234 test12345 testtest trustno1
victoria welcome1 welcome123 whatever william1 zaq12wsx zxcvbnm1 zxcvbnm123 zxcvbnmm йцукенгш
йцукенгшщз йцукен123 пароль12 пароль123 пароль1234 парольпароль привет123
"""

WEAK = frozenset(_WORDS.split())
