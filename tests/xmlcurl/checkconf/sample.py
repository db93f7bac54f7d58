"""A small configuration in which nothing is wrong, and edits that put one fault into it."""

from pathlib import Path

FILES = {
    "freeswitch.xml": """\
<?xml version="1.0"?>
<document type="freeswitch/xml">
  <X-PRE-PROCESS cmd="include" data="vars.xml"/>
  <section name="configuration">
    <X-PRE-PROCESS cmd="include" data="autoload_configs/*.xml"/>
  </section>
  <section name="directory">
  </section>
  <section name="dialplan">
  </section>
</document>
""",
    "vars.xml": """\
<include>
  <X-PRE-PROCESS cmd="set" data="backend=https://lookups.example.com/xmlcurl"/>
  <X-PRE-PROCESS cmd="env-set" data="secret=$SWITCH_SECRET"/>
</include>
""",
    "autoload_configs/modules.conf.xml": """\
<configuration name="modules.conf">
  <modules>
    <load module="mod_xml_curl"/>
    <load module="mod_event_socket"/>
    <load module="mod_hash"/>
    <load module="mod_voicemail"/>
    <load module="mod_sofia"/>
  </modules>
</configuration>
""",
    "autoload_configs/xml_curl.conf.xml": """\
<configuration name="xml_curl.conf">
  <bindings>
    <binding name="one">
      <param name="gateway-url" value="$${backend}" bindings="directory|dialplan"/>
      <param name="gateway-credentials" value="switch:$${secret}"/>
      <param name="timeout" value="2"/>
      <param name="enable-cacert-check" value="true"/>
      <param name="enable-ssl-verifyhost" value="true"/>
    </binding>
    <binding name="two">
      <param name="gateway-url" value="http://10.0.0.2/xmlcurl" bindings="directory|dialplan"/>
      <param name="gateway-credentials" value="other:$${secret}"/>
      <param name="timeout" value="3"/>
    </binding>
  </bindings>
</configuration>
""",
    "autoload_configs/event_socket.conf.xml": """\
<configuration name="event_socket.conf">
  <settings>
    <param name="listen-ip" value="127.0.0.1"/>
    <param name="password" value="$${secret}"/>
  </settings>
</configuration>
""",
    "autoload_configs/acl.conf.xml": """\
<configuration name="acl.conf">
  <network-lists>
    <list name="carriers" default="deny">
      <node type="allow" cidr="192.0.2.7/32"/>
    </list>
  </network-lists>
</configuration>
""",
    "autoload_configs/voicemail.conf.xml": """\
<configuration name="voicemail.conf">
  <profiles>
    <profile name="default">
      <param name="allow-empty-password-auth" value="false"/>
    </profile>
  </profiles>
</configuration>
""",
    "autoload_configs/sofia.conf.xml": """\
<configuration name="sofia.conf">
  <global_settings>
    <param name="max-reg-threads" value="32"/>
  </global_settings>
  <profiles>
    <X-PRE-PROCESS cmd="include" data="../sip_profiles/*.xml"/>
  </profiles>
</configuration>
""",
    "sip_profiles/phones.xml": """\
<profile name="phones">
  <domains><domain name="all" alias="true" parse="false"/></domains>
  <settings>
    <param name="auth-calls" value="true"/>
    <param name="inbound-reg-in-new-thread" value="true"/>
    <param name="db-inner-pre-trans-execute" value="create trigger t before insert on sip_registrations ..."/>
    <param name="disable-transfer" value="true"/>
  </settings>
</profile>
""",
    "sip_profiles/carriers.xml": """\
<profile name="carriers">
  <settings>
    <param name="auth-calls" value="false"/>
    <param name="apply-inbound-acl" value="carriers"/>
    <param name="disable-register" value="true"/>
    <param name="disable-transfer" value="true"/>
  </settings>
</profile>
""",
}


class Sample:
    """The configuration above in a folder, to be edited."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name, text in FILES.items():
            self.write(name, text)

    def write(self, name: str, text: str | bytes) -> Path:
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return file

    def edit(self, name: str, old: str, new: str) -> None:
        """Put `new` where `old` stands, which is once."""
        text = (self.folder / name).read_text()
        assert text.count(old) == 1
        self.write(name, text.replace(old, new))
