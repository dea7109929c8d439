from admin_web.pages.qr import draw, key_uri


def test_a_code_has_its_finders_and_a_quiet_zone():
    code = draw("otpauth://totp/x?secret=ABC")
    dark = code.path.count("M")
    assert code.size > 21 + 8
    assert 0.3 < dark / (code.size - 8) ** 2 < 0.7
    for x, y in ((4, 4), (code.size - 5, 4), (4, code.size - 5)):
        assert f"M{x} {y}h1v1h-1z" in code.path
    assert "M0 0" not in code.path


def test_the_address_of_a_key_names_the_gateway_and_the_person():
    uri = key_uri("ABC234", "anna+x@example.org", "edi.example")
    assert uri == (
        "otpauth://totp/Envelope%20Gateway%20edi.example:anna%2Bx%40example.org"
        "?secret=ABC234&issuer=Envelope%20Gateway%20edi.example"
    )
