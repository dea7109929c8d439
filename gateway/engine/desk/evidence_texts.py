"""The two files of an evidence zip that are always the same."""

README = """\
Evidence of a document that was exchanged by AS2 (RFC 4130).

document/          the document itself
message-N/         the AS2 message that carried it; N counts if it was built again
  headers.txt      the HTTP headers as they were posted, without passwords
  body.bin         the HTTP body, byte for byte
  content.bin      what was signed; of an unsigned message, what the MIC is taken of
  signature.p7s    the signature over content.bin (.p7m: content.bin is in it as well)
  signer.pem       the certificate that made the signature
  message-id.txt   the Message-ID
  mic.txt          the message integrity check: base64, digest
  times.json       when it was received or sent, and what was found
  certificates/    other certificates that took part
  mdn/             the receipt for the message: the same files
SHA256SUMS         the digests of all files but itself and verify.sh
verify.sh          checks all this with openssl alone: sh verify.sh

content.bin and signature.* are missing when the message is encrypted for a key that
the gateway does not have: that of the partner, or one of its own that was retired.
Whether a signer's certificate is the partner's is for people to judge: compare its
fingerprint with the one that was agreed.
"""

VERIFY = r"""#!/bin/sh
# Checks this folder with openssl and nothing else. Exit 0: everything is as it says.
cd "$(dirname "$0")" || exit 2
bad=0
good() { printf 'good  %s\n' "$1"; }
wrong() { printf 'WRONG %s\n' "$1"; bad=1; }

while read -r digest name; do
  found=$(openssl dgst -sha256 -r "$name" | cut -d' ' -f1)
  [ "$found" = "$digest" ] || wrong "$name was changed"
done < SHA256SUMS

# $1: folder, $2: what it is
signature() {
  if [ -f "$1/signature.p7s" ]; then
    openssl cms -verify -binary -inform DER -in "$1/signature.p7s" \
      -content "$1/content.bin" -certfile "$1/signer.pem" -nointern -noverify \
      -out /dev/null 2> /dev/null
  elif [ -f "$1/signature.p7m" ]; then
    inside=$(openssl cms -verify -binary -inform DER -in "$1/signature.p7m" \
      -certfile "$1/signer.pem" -nointern -noverify 2> /dev/null |
      openssl dgst -sha256 -r)
    [ "$inside" = "$(openssl dgst -sha256 -r < "$1/content.bin")" ]
  else
    printf 'note  %s: there is no signature to check\n' "$2"
    return
  fi
  if [ $? -eq 0 ]; then
    good "$2: signed by $(openssl x509 -in "$1/signer.pem" -noout -subject)"
    openssl x509 -in "$1/signer.pem" -noout -fingerprint -sha256
  else
    wrong "$2: the signature does not fit"
  fi
}

# what mic.txt or an MDN says, without spaces, the digest as openssl calls it
plain() { tr -d ' \t\r\n' | sed 's/,\(rsa-\)\{0,1\}sha-/,sha/; s/,rsa-/,/'; }

for folder in message-*; do
  signature "$folder" "$folder"
  if [ -f "$folder/mic.txt" ]; then
    mic=$(plain < "$folder/mic.txt")
    if [ -f "$folder/content.bin" ]; then
      name=$(printf %s "${mic##*,}" | tr 'A-Z' 'a-z')
      value=$(openssl dgst "-$name" -binary "$folder/content.bin" | openssl base64 -A)
      if [ "$value" = "${mic%,*}" ]; then good "$folder: the MIC"
      else wrong "$folder: the MIC is another"; fi
    fi
  fi
  [ -d "$folder/mdn" ] || { printf 'note  %s: there is no MDN\n' "$folder"; continue; }
  signature "$folder/mdn" "$folder/mdn"
  report="$folder/mdn/content.bin"
  [ -f "$report" ] || report="$folder/mdn/body.bin"
  told=$(grep -ai '^Received-Content-MIC:' "$report" | head -n 1)
  if [ -n "$told" ] && [ -f "$folder/mic.txt" ]; then
    if [ "$(printf %s "${told#*:}" | plain | cut -d, -f1)" = "${mic%,*}" ]; then
      good "$folder: the MDN has the same MIC"
    else wrong "$folder: the MDN has another MIC"; fi
  fi
  if grep -aF "$(tr -d '\r\n<>' < "$folder/message-id.txt")" "$report" > /dev/null
  then good "$folder: the MDN is for this message"
  else wrong "$folder: the MDN is for another message"; fi
  grep -ai '^Disposition:' "$report" | head -n 1
done
exit $bad
"""
