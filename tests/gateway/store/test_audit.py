from gateway.store.audit import masked


def test_what_is_named_like_a_secret_is_masked_at_any_depth():
    detail = {
        "httpPassword": "x",
        "headers": {"Authorization": "Bearer x", "X-Api-Token": "x", "X": "y"},
        "list": [{"clientSecret": "x"}],
        "showPasswordsOnce": True,
        "password": "",
        "private_key": "x",
    }
    assert masked(detail) == {
        "httpPassword": "***",
        "headers": {"Authorization": "***", "X-Api-Token": "***", "X": "y"},
        "list": [{"clientSecret": "***"}],
        "showPasswordsOnce": True,
        "password": "",
        "private_key": "***",
    }
