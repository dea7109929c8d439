import com.helger.as2lib.client.AS2Client;
import com.helger.as2lib.client.AS2ClientRequest;
import com.helger.as2lib.client.AS2ClientResponse;
import com.helger.as2lib.client.AS2ClientSettings;
import com.helger.as2lib.crypto.ECompressionType;
import com.helger.as2lib.crypto.ECryptoAlgorithmCrypt;
import com.helger.as2lib.crypto.ECryptoAlgorithmSign;
import com.helger.as2lib.crypto.IMICMatchingHandler;
import com.helger.as2lib.message.IMessage;
import com.helger.mail.cte.EContentTransferEncoding;
import com.helger.security.keystore.EKeyStoreType;
import java.io.BufferedReader;
import java.io.File;
import java.io.FileInputStream;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.UUID;
import javax.activation.DataHandler;
import javax.mail.util.ByteArrayDataSource;

/** Sends what standard input says, one message a line; says what became of each. */
public class Send {
  static String mic;

  public static void main(String[] args) throws Exception {
    Path folder = Path.of(args[0]);
    X509Certificate us;
    try (FileInputStream in = new FileInputStream(folder.resolve("us.crt").toFile())) {
      us = (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
    }
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
    String line;
    while ((line = lines.readLine()) != null) {
      String[] word = line.split("\t", -1);
      AS2ClientSettings settings = new AS2ClientSettings();
      settings.setKeyStore(EKeyStoreType.PKCS12, new File(args[0], "own.p12"), "secret");
      settings.setSaveKeyStoreChangesToFile(false);
      settings.setSenderData("PARTNER", "them@partner", "them");
      settings.setReceiverData("GATEWAY", "us", word[0]);
      settings.setReceiverCertificate(us);
      settings.setPartnershipName("PARTNER-GATEWAY");
      // its own format has four random digits and repeats itself
      settings.setMessageIDFormat(UUID.randomUUID() + "@partner");
      settings.setEncryptAndSign(
          word[1].contains("encrypted") ? ECryptoAlgorithmCrypt.CRYPT_AES256_CBC : null,
          word[1].contains("signed") ? ECryptoAlgorithmSign.DIGEST_SHA_256 : null);
      if (!word[2].equals("none")) {
        settings.setCompress(ECompressionType.ZLIB, word[2].equals("before-signing"));
      }
      settings.setMDNRequested(!word[3].equals("no MDN"));
      if (word[3].endsWith("signed")) {
        settings.setMDNOptions(
            "signed-receipt-protocol=required, pkcs7-signature; "
                + "signed-receipt-micalg=required, sha-256");
      } else {
        settings.setMDNOptions("");
      }
      if (word[3].startsWith("async")) {
        settings.setAsyncMDNUrl(word[4]);
      }
      mic = "";
      settings.setMICMatchingHandler(
          new IMICMatchingHandler() {
            @Override
            public void onMICMatch(IMessage message, String received) {
              mic = received;
            }

            @Override
            public void onMICMismatch(IMessage message, String received, String sent) {
              mic = "MISMATCH " + received + " for " + sent;
            }
          });
      AS2ClientRequest request = new AS2ClientRequest("From as2-lib");
      byte[] data = Files.readAllBytes(Path.of(word[5]));
      ByteArrayDataSource source = new ByteArrayDataSource(data, "application/octet-stream");
      request.setData(new DataHandler(source));
      request.setFilename("order.edi");
      request.setContentType("application/octet-stream");
      request.setContentTransferEncoding(EContentTransferEncoding.BINARY);
      AS2ClientResponse answer = new AS2Client().sendSynchronous(settings, request);
      Throwable fault = answer.getException();
      System.out.println(
          "=> " + String.join(
              "\t",
              answer.getOriginalMessageID(),
              answer.hasMDN() ? String.valueOf(answer.getMDNDisposition()) : "",
              answer.getMDNVerificationCertificate() == null ? "" : "signed",
              mic,
              fault == null ? "" : fault.toString().replaceAll("\\s+", " ")));
      System.out.flush();
    }
  }
}
