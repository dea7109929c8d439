from pathlib import Path

import pytest

from gateway.config import Config, load
from gateway.core.errors import ConfigError


def load_text(tmp_path: Path, text: str, **environ: str) -> Config:
    file = tmp_path / "gateway.toml"
    file.write_text(text)
    return load(file, environ=environ)


def test_without_a_file_the_defaults_hold(tmp_path):
    config = load(data=tmp_path, environ={})
    assert config.data_dir == tmp_path
    assert (config.sftp.port, config.as2.port, config.admin.port) == (2222, 8080, 8443)
    assert config.limits.max_file_bytes == 1 << 30
    assert config.retention.transfers_days == 0
    assert config.database_url == f"sqlite+aiosqlite:///{tmp_path}/gateway.db"
    assert config.mail_sender == "gateway@localhost"


def test_the_data_folder_is_found_by_command_line_then_environment_then_file(tmp_path):
    file = tmp_path / "gateway.toml"
    file.write_text('[server]\ndata_dir = "/file"')
    env = {"GATEWAY_SERVER_DATA_DIR": "/env"}
    assert load(file, environ={}).data_dir == Path("/file")
    assert load(file, environ=env).data_dir == Path("/env")
    assert load(file, Path("/line"), env).data_dir == Path("/line")
    assert load(environ={}).data_dir == Path.cwd() / "data"


def test_the_file_in_the_data_folder_is_read(tmp_path):
    (tmp_path / "gateway.toml").write_text("[sftp]\nport = 2022")
    assert load(data=tmp_path, environ={}).sftp.port == 2022
    env = {"GATEWAY_SERVER_DATA_DIR": str(tmp_path)}
    assert load(environ=env).sftp.port == 2022


def test_the_environment_wins_over_the_file(tmp_path):
    config = load_text(
        tmp_path,
        '[sftp]\nport = 2022\n[smtp]\nfrom = "a@b.example"',
        GATEWAY_SFTP_PORT="0",
        GATEWAY_AS2_ALLOW_PRIVATE_NETWORKS="false",
        GATEWAY_SMTP_FROM="c@d.example",
        GATEWAY_INTERFACE="CGI/1.1",
    )
    assert config.sftp.port == 0
    assert config.as2.allow_private_networks is False
    assert config.mail_sender == "c@d.example"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("[sftp]\nprot = 1", "[sftp] prot: unknown key: did you mean port"),
        pytest.param("[stfp]\nport = 1", "unknown section [stfp]: did you mean "),
        pytest.param("[zzz]", "unknown section [zzz]: allowed: server, sftp"),
        pytest.param("sftp = 1", "sftp is not a section: write [sftp]"),
        pytest.param('[sftp]\nport = "22"', "[sftp] port: '22' is not a port, 0 to"),
        pytest.param("[sftp]\nport = 65536", "65536 is not a port, 0 to 65535"),
        pytest.param("[sftp]\nport = true", "True is not a port"),
        pytest.param("[sftp]\nport = 1979-05-27", "is not a port"),
        pytest.param('[as2]\npublic_url = "ftp://x"', "is not an http:// or https://"),
        pytest.param('[admin]\ntls = "on"', '\'on\' is not "self-signed", "off" or'),
        pytest.param('[admin]\ntls = "files"', "needs tls_cert and tls_key"),
        pytest.param('[smtp]\nusername = "u"', "needs password_file"),
        pytest.param('[smtp]\nfrom = "nobody"', "[smtp] from: 'nobody' is not an e-m"),
        pytest.param('[database]\nurl = "mysql://x"', "sqlite+aiosqlite:///FILE or"),
        pytest.param("[sftp", "not valid TOML"),
        pytest.param("[limits]\nconversion_workers = 0", "1 to 64"),
    ],
)
def test_what_is_wrong_in_the_file_is_named_with_what_is_allowed(tmp_path, text, says):
    with pytest.raises(ConfigError) as caught:
        load_text(tmp_path, text)
    assert says in str(caught.value)
    assert str(tmp_path / "gateway.toml") in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        pytest.param("GATEWAY_SFTP_PORT", "x", "GATEWAY_SFTP_PORT: 'x' is not a port"),
        pytest.param("GATEWAY_SFTP_PROT", "1", "unknown key: did you mean port"),
        pytest.param("GATEWAY_STFP_PORT", "1", "unknown section stfp: did you mean"),
        pytest.param("GATEWAY_DEFENDER_ENABLED", "maybe", "is not true or false"),
    ],
)
def test_what_is_wrong_in_the_environment_is_named(tmp_path, name, value, says):
    with pytest.raises(ConfigError) as caught:
        load(data=tmp_path, environ={name: value})
    assert says in str(caught.value)


def test_every_problem_is_told_at_once(tmp_path):
    with pytest.raises(ConfigError) as caught:
        load_text(tmp_path, "[sftp]\nport = -1\nprot = 1", GATEWAY_AS2_PORT="x")
    assert len(str(caught.value).splitlines()) == 3


def test_a_named_file_must_be_there(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        load(tmp_path / "none.toml", environ={})


def test_a_file_that_is_not_utf8_is_named(tmp_path):
    (tmp_path / "gateway.toml").write_bytes(b"\xff")
    with pytest.raises(ConfigError, match="not valid TOML"):
        load(data=tmp_path, environ={})


def test_the_as2_address_follows_the_ports_unless_it_is_set(tmp_path):
    config = load(data=tmp_path, environ={})
    assert config.as2_url(8080) == "http://localhost:8080"
    assert config.as2_url(8080, 8444) == "https://localhost:8444"
    url = "https://edi.example.com/"
    named = load(data=tmp_path, environ={"GATEWAY_AS2_PUBLIC_URL": url})
    assert named.as2_url(8080) == "https://edi.example.com"


def test_the_layout_keeps_everything_under_the_data_folder(tmp_path):
    layout = load(data=tmp_path, environ={}).layout
    places = (
        layout.database,
        layout.blobs,
        layout.spool,
        layout.keys,
        layout.master_key,
        layout.admin_password,
        layout.lock,
        layout.endpoints,
    )
    assert len(set(places)) == len(places)
    assert all(place.is_relative_to(tmp_path) for place in places)
    assert layout.endpoints == tmp_path / "run" / "endpoints.json"


def test_a_password_in_a_wrong_database_address_is_not_shown(tmp_path):
    with pytest.raises(ConfigError) as caught:
        load_text(tmp_path, '[database]\nurl = "mysql://u:secret@host/x"')
    assert "secret" not in str(caught.value)


def test_each_key_that_is_set_tells_by_what(tmp_path):
    file = tmp_path / "gateway.toml"
    file.write_text('[smtp]\nfrom = "a@b.example"\nport = 26\n')
    config = load(data=tmp_path, environ={"GATEWAY_SMTP_PORT": "27"})
    assert config.origin("smtp.from") == str(file)
    assert config.origin("smtp.port") == "GATEWAY_SMTP_PORT"
    assert config.origin("smtp.host") == ""
    assert Config().origin("smtp.port") == ""
