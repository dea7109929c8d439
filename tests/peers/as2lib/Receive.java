import com.helger.as2lib.cert.CertificateFactory;
import com.helger.as2lib.crypto.ECompressionType;
import com.helger.as2lib.crypto.ECryptoAlgorithmCrypt;
import com.helger.as2lib.crypto.ECryptoAlgorithmSign;
import com.helger.as2lib.message.IMessage;
import com.helger.as2lib.partner.Partnership;
import com.helger.as2lib.partner.SelfFillingPartnershipFactory;
import com.helger.as2lib.processor.DefaultMessageProcessor;
import com.helger.as2lib.processor.module.AbstractProcessorModule;
import com.helger.as2lib.processor.receiver.AS2ReceiverModule;
import com.helger.as2lib.processor.sender.AsynchMDNSenderModule;
import com.helger.as2lib.processor.storage.IProcessorStorageModule;
import com.helger.as2lib.session.AS2Session;
import com.helger.commons.collection.attr.StringMap;
import java.io.BufferedReader;
import java.io.FileInputStream;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.cert.X509Certificate;
import java.util.Map;

/** Takes messages on a port; says the Message-ID of each, whose document is in a file. */
public class Receive {
  public static void main(String[] args) throws Exception {
    Path folder = Path.of(args[0]);
    AS2Session session = new AS2Session();
    CertificateFactory certificates = new CertificateFactory();
    StringMap store = new StringMap();
    store.putIn(CertificateFactory.ATTR_TYPE, "PKCS12");
    store.putIn(CertificateFactory.ATTR_FILENAME, folder.resolve("own.p12").toString());
    store.putIn(CertificateFactory.ATTR_PASSWORD, "secret");
    store.putIn(CertificateFactory.ATTR_SAVE_CHANGES_TO_FILE, "false");
    certificates.initDynamicComponent(session, store);
    try (FileInputStream in = new FileInputStream(folder.resolve("us.crt").toFile())) {
      X509Certificate us =
          (X509Certificate)
              java.security.cert.CertificateFactory.getInstance("X.509").generateCertificate(in);
      certificates.addCertificate("us", us, true);
    }
    session.setCertificateFactory(certificates);

    SelfFillingPartnershipFactory partnerships = new SelfFillingPartnershipFactory();
    partnerships.initDynamicComponent(session, new StringMap());
    Partnership partnership = new Partnership("GATEWAY-PARTNER");
    partnership.setSenderAS2ID("GATEWAY");
    partnership.setSenderX509Alias("us");
    partnership.setReceiverAS2ID("PARTNER");
    partnership.setReceiverX509Alias("them");
    partnership.setProtocol("as2");
    partnerships.addPartnership(partnership);
    session.setPartnershipFactory(partnerships);

    DefaultMessageProcessor processor = new DefaultMessageProcessor();
    processor.initDynamicComponent(session, new StringMap());
    AS2ReceiverModule receiver = new AS2ReceiverModule();
    StringMap where = new StringMap();
    where.putIn("address", "127.0.0.1");
    where.putIn("port", System.getProperty("port"));
    receiver.initDynamicComponent(session, where);
    processor.addModule(receiver);
    AsynchMDNSenderModule sender = new AsynchMDNSenderModule();
    sender.initDynamicComponent(session, new StringMap());
    processor.addModule(sender);
    processor.addModule(new Keep(folder));
    session.setMessageProcessor(processor);
    processor.startActiveModules();
    System.out.println("=> ready");
    System.out.flush();
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
    String line;
    while ((line = lines.readLine()) != null) {
      // the MIC that it computes follows its settings, not the message
      String[] word = line.split("\t", -1);
      boolean signs = word[0].contains("signed");
      boolean encrypts = word[0].contains("encrypted");
      boolean deflates = !word[1].equals("none");
      partnership.setSigningAlgorithm(signs ? ECryptoAlgorithmSign.DIGEST_SHA_256 : null);
      partnership.setEncryptAlgorithm(
          encrypts ? ECryptoAlgorithmCrypt.CRYPT_AES256_CBC : null);
      partnership.setCompressionType(deflates ? ECompressionType.ZLIB : null);
      System.out.println("=> set");
      System.out.flush();
    }
    processor.stopActiveModules();
    System.exit(0);
  }

  /** Writes each document to the file `taken`, then says so. */
  static class Keep extends AbstractProcessorModule implements IProcessorStorageModule {
    private final String folder;

    Keep(Path folder) {
      this.folder = folder.toString();
    }

    @Override
    public boolean canHandle(String action, IMessage message, Map<String, Object> options) {
      return action.equals(DO_STORE);
    }

    @Override
    public void handle(String action, IMessage message, Map<String, Object> options) {
      try (InputStream in = message.getData().getInputStream()) {
        Files.copy(in, Path.of(folder, "taken"), StandardCopyOption.REPLACE_EXISTING);
      } catch (Exception fault) {
        throw new IllegalStateException(fault);
      }
      System.out.println("=> " + message.getMessageID());
      System.out.flush();
    }
  }
}
